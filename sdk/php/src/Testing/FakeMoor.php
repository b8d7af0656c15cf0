<?php

declare(strict_types=1);

namespace Moor\Session\Testing;

use Moor\Session\Base64Url;
use Moor\Session\Value;

/**
 * A small Moor for an application's own tests: it signs handoffs of one session, publishes its key, answers the session API, and applies the
 * headers of responses. The application runs with `environment()`, and each request carries `handoff()` as `Moor-Session`.
 */
final class FakeMoor
{
    private const ISSUER = 'https://moor.test';
    private const AUDIENCE = 'app';
    private const LIFE_SECONDS = 60;

    /** @var string */
    private $folder;
    /** @var resource */
    private $server;
    /** @var int */
    private $port;
    /** @var resource|\OpenSSLAsymmetricKey */
    private $key;
    /** @var string */
    private $kid;

    private function __construct()
    {
        $this->folder = sys_get_temp_dir() . '/moor-fake-' . bin2hex(random_bytes(8));
        mkdir($this->folder, 0700);
        $this->rotateKey();
        $this->save(FakeSession::fresh());
    }

    /** From now on another key signs, and is the only key that is published. */
    public function rotateKey(): void
    {
        $this->key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
        $ec = openssl_pkey_get_details($this->key)['ec'];
        $point = ['x' => self::padded($ec['x']), 'y' => self::padded($ec['y'])];
        $jwk = ['crv' => 'P-256', 'kty' => 'EC'] + array_map([Base64Url::class, 'encode'], $point);
        $this->kid = Base64Url::encode(hash('sha256', (string) json_encode($jwk), true));
        $set = ['keys' => [$jwk + ['kid' => $this->kid, 'alg' => 'ES256', 'use' => 'sig']]];
        file_put_contents("$this->folder/jwks.json", json_encode($set));
    }

    /** Starts its server on loopback, with a visitor that has no session. */
    public static function start(): self
    {
        $moor = new self();
        $moor->port = self::freePort();
        $command = [PHP_BINARY, '-S', "127.0.0.1:$moor->port", __DIR__ . '/server.php'];
        $moor->server = proc_open($command, [['file', '/dev/null', 'r'], ['file', '/dev/null', 'w'], ['file', '/dev/null', 'w']], $pipes, null, [
            'MOOR_FAKE_FOLDER' => $moor->folder,
        ]);
        $until = microtime(true) + 10;
        while (($socket = @fsockopen('127.0.0.1', $moor->port)) === false) {
            if (microtime(true) > $until) {
                throw new \RuntimeException('the fake Moor does not start');
            }
            usleep(10000);
        }
        fclose($socket);
        return $moor;
    }

    public function stop(): void
    {
        proc_terminate($this->server, 9);
        proc_close($this->server);
        array_map('unlink', glob("$this->folder/*"));
        rmdir($this->folder);
    }

    /** @return array<string, string> the variables that an application reads. */
    public function environment(): array
    {
        return ['MOOR_ISSUER' => self::ISSUER, 'MOOR_AUDIENCE' => self::AUDIENCE, 'MOOR_URL' => "http://127.0.0.1:$this->port"];
    }

    /**
     * The value of `Moor-Session` for the visitor's next request.
     *
     * @param array<string, mixed> $others claims beside the claims of the session.
     */
    public function handoff(array $others = []): string
    {
        $now = time();
        $claims = ['iss' => self::ISSUER, 'aud' => self::AUDIENCE, 'iat' => $now, 'exp' => $now + self::LIFE_SECONDS] + $this->session()->claims() + $others;
        $parts = [['alg' => 'ES256', 'kid' => $this->kid, 'typ' => 'JWT'], $claims];
        $text = implode('.', array_map(static function (array $part): string {
            return Base64Url::encode((string) json_encode($part));
        }, $parts));
        openssl_sign($text, $der, $this->key, OPENSSL_ALGO_SHA256);
        return "$text." . Base64Url::encode(self::sideBySide($der));
    }

    /**
     * Changes the session as the headers of a response ask.
     *
     * @param string[] $lines header lines, `Name: value`. Other headers than Moor's are ignored.
     * @throws \UnexpectedValueException for a header that Moor would refuse.
     */
    public function apply(array $lines): void
    {
        $session = $this->session();
        foreach ($lines as $line) {
            [$name, $value] = array_map('trim', explode(':', $line, 2) + [1 => '']);
            if (stripos($name, 'Moor-') === 0) {
                $session = $session->after(strtolower($name), $value);
            }
        }
        $this->save($session);
    }

    /**
     * Gives the visitor a session with these values.
     *
     * @param array<array-key, mixed> $attributes by their attributes, as they are in `$_SESSION`.
     */
    public function setAttributes(array $attributes): void
    {
        $this->save($this->session()->with(array_map([Value::class, 'toJson'], $attributes)));
    }

    /** @return array<array-key, mixed> the values by their attributes, as they are in `$_SESSION`. */
    public function attributes(): array
    {
        $json = json_decode((string) json_encode($this->session()->attributes()), true);
        return array_map([Value::class, 'fromJson'], $json);
    }

    /** The user of the session, as `Moor-Principal` has named them. */
    public function principal(): ?string
    {
        return $this->session()->principal();
    }

    private function session(): FakeSession
    {
        return FakeSession::fromFile("$this->folder/session.json");
    }

    private function save(FakeSession $session): void
    {
        $session->toFile("$this->folder/session.json");
    }

    private static function freePort(): int
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $name = stream_socket_get_name($socket, false);
        fclose($socket);
        return (int) substr($name, (int) strrpos($name, ':') + 1);
    }

    /** The numbers of an ASN.1 signature, 32 bytes each (RFC 7518, section 3.4). */
    private static function sideBySide(string $der): string
    {
        $r = substr($der, 4, ord($der[3]));
        $s = substr($der, 6 + strlen($r), ord($der[5 + strlen($r)]));
        return self::padded(ltrim($r, "\0")) . self::padded(ltrim($s, "\0"));
    }

    private static function padded(string $number): string
    {
        return str_pad($number, 32, "\0", STR_PAD_LEFT);
    }
}
