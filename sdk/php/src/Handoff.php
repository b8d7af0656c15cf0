<?php

declare(strict_types=1);

namespace Moor\Session;

/** The verified handoff of a request: the session as Moor has shown it. */
final class Handoff
{
    private const MOST_CHARACTERS = 32768;
    private const TOLERANCE_SECONDS = 15;

    /** @var string */
    private $jwt;
    /** @var array<string, mixed> */
    private $claims;
    /** @var ProviderLogin|null */
    private $providerLogin;

    private function __construct(string $jwt, array $claims, ?ProviderLogin $providerLogin)
    {
        $this->jwt = $jwt;
        $this->claims = $claims;
        $this->providerLogin = $providerLogin;
    }

    /**
     * Verifies a compact JWT with ES256 (RFC 7515, 7518, 7519).
     *
     * @throws MoorError `handoff-refused`, `keys-unavailable`.
     */
    public static function verify(string $jwt, Settings $settings, KeySet $keys, int $now): self
    {
        if (strlen($jwt) > self::MOST_CHARACTERS || preg_match('~^([\w-]+)\.([\w-]+)\.([\w-]{86})$~D', $jwt, $parts) !== 1) {
            throw self::refused('it is not a compact JWT with ES256');
        }
        $header = self::jsonOf($parts[1]);
        if (($header['alg'] ?? null) !== 'ES256' || ($header['typ'] ?? null) !== 'JWT' || isset($header['crit'])) {
            throw self::refused('its header is not a header of Moor');
        }
        $kid = $header['kid'] ?? null;
        $known = is_string($kid) ? $keys->find($kid) : null;
        if ($known === null) {
            throw self::refused('Moor publishes no key of its kid');
        }
        [$signed, $signature] = ["$parts[1].$parts[2]", self::derOf((string) Base64Url::decode($parts[3]))];
        if (!self::isSigned($signed, $signature, $known)) {
            // Moor may publish another key under the same id by now.
            $other = $keys->find($kid, $known);
            if ($other === null || !self::isSigned($signed, $signature, $other)) {
                throw self::refused('its signature is wrong');
            }
        }
        $claims = self::jsonOf($parts[2]);
        self::check($claims, $settings, $now);
        $login = array_key_exists('login', $claims) ? ProviderLogin::read($claims['login']) : null;
        if ($login === null && array_key_exists('login', $claims)) {
            throw self::refused('its claim login is not a login of Moor');
        }
        return new self($jwt, $claims, $login);
    }

    /** The JWT itself, which authorises calls of the session API. */
    public function jwt(): string
    {
        return $this->jwt;
    }

    /** Whether the session is stored. A session that is not stored has no attributes, and the session API does not know it. */
    public function isStored(): bool
    {
        return isset($this->claims['sid']);
    }

    public function principal(): ?string
    {
        return $this->claims['sub'] ?? null;
    }

    /** How the visitor has logged in at a provider; null unless Moor has logged them in. */
    public function providerLogin(): ?ProviderLogin
    {
        return $this->providerLogin;
    }

    /** @return array<array-key, mixed>|null the attributes as they are stored; null if they were too large to travel. */
    public function attributes(): ?array
    {
        return $this->isStored() ? ($this->claims['data'] ?? null) : [];
    }

    private static function check(array $claims, Settings $settings, int $now): void
    {
        if (($claims['iss'] ?? null) !== $settings->issuer() || ($claims['aud'] ?? null) !== $settings->audience()) {
            throw self::refused('it is for another issuer or audience');
        }
        [$issuedAt, $expiresAt] = [$claims['iat'] ?? null, $claims['exp'] ?? null];
        if (!is_int($issuedAt) || !is_int($expiresAt)) {
            throw self::refused('it has no lifetime');
        }
        if ($now >= $expiresAt + self::TOLERANCE_SECONDS || $now < $issuedAt - self::TOLERANCE_SECONDS) {
            throw self::refused("it is valid from $issuedAt until $expiresAt, and it is $now");
        }
        foreach (['sid' => 'is_string', 'sub' => 'is_string', 'data' => 'is_array'] as $name => $isRight) {
            if (isset($claims[$name]) && !$isRight($claims[$name])) {
                throw self::refused("its claim $name has another type");
            }
        }
    }

    private static function isSigned(string $text, string $signature, string $pem): bool
    {
        return openssl_verify($text, $signature, $pem, OPENSSL_ALGO_SHA256) === 1;
    }

    /** The ASN.1 form of a signature whose numbers lie side by side (RFC 7518, section 3.4). */
    private static function derOf(string $signature): string
    {
        $numbers = '';
        foreach (str_split($signature, 32) as $bytes) {
            $bytes = ltrim($bytes, "\0");
            // A first bit of 1 would make the number negative.
            if ($bytes === '' || ord($bytes[0]) >= 0x80) {
                $bytes = "\0$bytes";
            }
            $numbers .= "\x02" . chr(strlen($bytes)) . $bytes;
        }
        return "\x30" . chr(strlen($numbers)) . $numbers;
    }

    private static function jsonOf(string $part): array
    {
        $value = json_decode(Base64Url::decode($part) ?? '', true);
        if (!is_array($value)) {
            throw self::refused('a part of it is not JSON');
        }
        return $value;
    }

    private static function refused(string $why): MoorError
    {
        return new MoorError(MoorError::HANDOFF_REFUSED, "the handoff is refused: $why");
    }
}
