<?php

declare(strict_types=1);

namespace Moor\Session;

/** Moor's public keys (RFC 7517), shared by all processes of this server. docs/reference/drop-in.md has the rules. */
final class KeySet
{
    private const LIFE_SECONDS = 300;
    private const LEAST_LIFE_SECONDS = 30;
    /** After a read that failed. */
    private const AGAIN_SECONDS = 30;
    /** After a read for a handoff that fits no known key. Anybody can send such a handoff. */
    private const SEEK_SECONDS = 5;
    private const STALE_SECONDS = 3600;
    /** A public key of P-256 (RFC 5480) up to its point. */
    private const SUBJECT_PUBLIC_KEY_INFO = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';

    /** @var Http */
    private $http;
    /** @var KeyCache */
    private $cache;
    /** @var callable(): int */
    private $now;

    /** @param callable(): int $now seconds since 1970. */
    public function __construct(Http $http, KeyCache $cache, callable $now)
    {
        $this->http = $http;
        $this->cache = $cache;
        $this->now = $now;
    }

    /**
     * The public key that Moor publishes under an id, in PEM; null if there is no such key.
     *
     * @param string|null $unfit a key that the signature does not fit: the id is looked up again for another key.
     * @throws MoorError `keys-unavailable` if nobody can tell whether Moor publishes the key.
     */
    public function find(string $kid, ?string $unfit = null): ?string
    {
        $now = ($this->now)();
        $state = $this->state();
        $known = self::keyIn($state, $kid, $now);
        if ($known !== null && $known !== $unfit && $now < $state['freshUntil']) {
            return $known;
        }
        if (self::isDue($state, $now)) {
            $state = $this->read($state, $now);
            $known = self::keyIn($state, $kid, $now);
        }
        if ($known === null && $state['failed']) {
            throw new MoorError(MoorError::KEYS_UNAVAILABLE, "Moor's public keys cannot be read");
        }
        return $known === $unfit ? null : $known;
    }

    private static function isDue(array $state, int $now): bool
    {
        if ($now >= $state['usableUntil']) {
            return true;
        }
        return $now >= $state['freshUntil'] ? $now >= $state['askedAt'] + self::AGAIN_SECONDS : $now >= $state['soughtAt'] + self::SEEK_SECONDS;
    }

    private function read(array $state, int $now): array
    {
        if ($now < $state['freshUntil']) {
            $state['soughtAt'] = $now;
        }
        $state['askedAt'] = $now;
        // Other processes see at once that this process asks.
        $this->cache->save((string) json_encode($state));
        $answer = $this->http->ask('GET', '/.moor/jwks.json');
        $set = $answer !== null && $answer['status'] === 200 ? json_decode($answer['body'], true) : null;
        $state['failed'] = !is_array($set) || !is_array($set['keys'] ?? null);
        if (!$state['failed']) {
            $state['keys'] = self::pemsOf($set['keys']);
            $state['freshUntil'] = $now + self::lifeOf($answer['headers']);
            $state['usableUntil'] = $now + self::STALE_SECONDS;
        }
        $this->cache->save((string) json_encode($state));
        return $state;
    }

    private function state(): array
    {
        $state = json_decode($this->cache->load() ?? '', true);
        $never = -self::STALE_SECONDS;
        $empty = ['keys' => [], 'freshUntil' => 0, 'usableUntil' => 0, 'askedAt' => $never, 'soughtAt' => $never, 'failed' => false];
        return is_array($state) && array_keys($state) === array_keys($empty) ? $state : $empty;
    }

    private static function keyIn(array $state, string $kid, int $now): ?string
    {
        return $now < $state['usableUntil'] ? ($state['keys'][$kid] ?? null) : null;
    }

    /** How long an answer counts (RFC 9111, section 4.2). */
    private static function lifeOf(array $headers): int
    {
        $control = $headers['cache-control'] ?? '';
        if (preg_match('~(^|[\s,])no-(store|cache)\b~i', $control) === 1) {
            return self::LEAST_LIFE_SECONDS;
        }
        if (preg_match('~(?:^|[\s,])max-age="?(\d{1,9})~i', $control, $found) !== 1) {
            return self::LIFE_SECONDS;
        }
        $age = ctype_digit($headers['age'] ?? '') ? (int) $headers['age'] : 0;
        return min(max((int) $found[1] - $age, self::LEAST_LIFE_SECONDS), self::LIFE_SECONDS);
    }

    /** @return array<string, string> the usable keys of a set in PEM, by id. RFC 7517, section 5: keys of other kinds are ignored. */
    private static function pemsOf(array $jwks): array
    {
        $pems = [];
        foreach ($jwks as $jwk) {
            if (!is_array($jwk) || ($jwk['kty'] ?? null) !== 'EC' || ($jwk['crv'] ?? null) !== 'P-256') {
                continue;
            }
            [$kid, $x, $y] = [$jwk['kid'] ?? null, $jwk['x'] ?? null, $jwk['y'] ?? null];
            $isForSignatures = ($jwk['use'] ?? 'sig') === 'sig' && ($jwk['alg'] ?? 'ES256') === 'ES256';
            if (!$isForSignatures || !is_string($kid) || !is_string($x) || !is_string($y)) {
                continue;
            }
            $point = (Base64Url::decode($x) ?? '') . (Base64Url::decode($y) ?? '');
            if (strlen($point) === 64) {
                $der = base64_encode(hex2bin(self::SUBJECT_PUBLIC_KEY_INFO) . $point);
                $pems[$kid] = "-----BEGIN PUBLIC KEY-----\n" . chunk_split($der, 64, "\n") . "-----END PUBLIC KEY-----\n";
            }
        }
        return $pems;
    }
}
