<?php

declare(strict_types=1);

namespace Moor\Session;

/** A question of Moor about a visitor of an old application: a JWT (RFC 7519) by HMAC-SHA256. */
final class Question
{
    /** How far the clocks of Moor and of this server may be apart, in seconds. */
    private const CLOCKS_APART_SECONDS = 60;
    private const QUESTION = 'moor-adopt+jwt';
    private const ANSWER = 'moor-adopt-answer+jwt';

    /** @var array{from: string, issuer: string} */
    private $names;
    /** @var string */
    private $kid;
    /** @var string */
    private $secret;
    /** @var array<string, mixed> */
    private $claims;

    /**
     * @param array{from: string, issuer: string} $names
     * @param array<string, mixed> $claims
     */
    private function __construct(array $names, string $kid, string $secret, array $claims)
    {
        $this->names = $names;
        $this->kid = $kid;
        $this->secret = $secret;
        $this->claims = $claims;
    }

    /**
     * Opens the header `Moor-Adopt`.
     *
     * @param string $keys the ring `MOOR_CONFIRM_KEYS`: `ID:BASE64URL`, several separated by commas.
     * @param string $from the name of this application in Moor's configuration.
     * @param string $issuer the address of Moor.
     * @param string[] $readers the addresses of the Moors that may only read.
     * @throws \InvalidArgumentException if the ring has another form.
     * @throws \DomainException if the question is refused; its message says why, and holds no secret.
     */
    public static function open(string $header, string $method, string $keys, string $from, string $issuer, int $now, array $readers = []): self
    {
        $parts = explode('.', $header);
        $head = self::decode($parts[0]);
        $kid = is_string($head['kid'] ?? null) ? $head['kid'] : '';
        $secret = self::secrets($keys)[$kid] ?? null;
        $isQuestion = count($parts) === 3 && ($head['alg'] ?? null) === 'HS256' && ($head['typ'] ?? null) === self::QUESTION;
        if (!$isQuestion || $secret === null) {
            throw new \DomainException('this is for Moor alone');
        }
        $mac = Base64Url::encode(hash_hmac('sha256', "$parts[0].$parts[1]", $secret, true));
        if (!hash_equals($mac, $parts[2])) {
            throw new \DomainException('its signature is not of a key in MOOR_CONFIRM_KEYS');
        }
        $claims = self::decode($parts[1]);
        $expected = [
            'iss' => [array_merge([$issuer], $readers), 'it comes from a Moor that neither MOOR_ISSUER nor MOOR_READER_ISSUERS names'],
            'aud' => [[$from], 'it asks another application than the name that is set here'],
            'htm' => [[$method], 'it was signed for another method'],
        ];
        foreach ($expected as $claim => [$accepted, $reason]) {
            if (!in_array($claims[$claim] ?? null, $accepted, true)) {
                throw new \DomainException($reason);
            }
        }
        if (!is_int($claims['iat'] ?? null) || abs($now - $claims['iat']) > self::CLOCKS_APART_SECONDS) {
            throw new \DomainException('it was signed more than 60 seconds ago, or a clock is wrong');
        }
        return new self(['from' => $from, 'issuer' => $issuer], $kid, $secret, $claims);
    }

    /** Whether it asks for a change, and its Moor may only read. With version 0 Moor only asks whether the session lives. */
    public function isForbidden(): bool
    {
        $method = $this->claims['htm'];
        return $this->isReadOnly() && ($method === 'DELETE' || ($method === 'PUT' && $this->version() !== 0));
    }

    private function isReadOnly(): bool
    {
        return $this->claims['iss'] !== $this->names['issuer'];
    }

    /** The most bytes of attributes, as JSON, that Moor takes. */
    public function mostBytes(): int
    {
        return (int) ($this->claims['max'] ?? 0);
    }

    /** Of a PUT or DELETE: the id of the session. */
    public function id(): string
    {
        $id = $this->claims['sid'] ?? '';
        return is_string($id) ? $id : '';
    }

    /** Of a PUT: the version of the attributes. */
    public function version(): int
    {
        return (int) ($this->claims['ver'] ?? 0);
    }

    /** @return array<string, mixed> of a PUT: the attributes that the session has at Moor. */
    public function attributes(): array
    {
        return (array) ($this->claims['attributes'] ?? []);
    }

    /**
     * The answer, signed.
     *
     * @param int $status of the response: 200 with a session, 401 without, 403 to a question that `isForbidden`.
     * @param array<string, mixed> $session
     */
    public function answer(int $status, array $session = []): string
    {
        $claims = [
            'iss' => $this->names['from'],
            'aud' => $this->claims['iss'],
            'nonce' => $this->claims['jti'] ?? '',
            'status' => $status,
        ] + ($this->isReadOnly() ? ['readOnly' => true] : []) + $session;
        $signed = self::encode(['alg' => 'HS256', 'typ' => self::ANSWER, 'kid' => $this->kid]) . '.' . self::encode($claims);
        return $signed . '.' . Base64Url::encode(hash_hmac('sha256', $signed, $this->secret, true));
    }

    /** @return array<string, string> */
    private static function secrets(string $keys): array
    {
        $secrets = [];
        foreach (explode(',', $keys) as $entry) {
            if (preg_match('~^([1-9][0-9]{0,2}):([\w-]{43,})$~D', trim($entry), $parts) !== 1) {
                throw new \InvalidArgumentException('MOOR_CONFIRM_KEYS must be ID:BASE64URL of 32 bytes or more, as in Moor itself');
            }
            $secrets[$parts[1]] = (string) Base64Url::decode($parts[2]);
        }
        return $secrets;
    }

    /** @param array<string, mixed> $claims */
    private static function encode(array $claims): string
    {
        return Base64Url::encode(json_encode($claims, JSON_THROW_ON_ERROR | JSON_PRESERVE_ZERO_FRACTION));
    }

    /** @return array<string, mixed> */
    private static function decode(string $part): array
    {
        $value = json_decode((string) Base64Url::decode($part), true);
        return is_array($value) ? $value : [];
    }
}
