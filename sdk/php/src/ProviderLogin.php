<?php

declare(strict_types=1);

namespace Moor\Session;

/** How a visitor has logged in at a provider, which Moor asked before the request reached this server. */
final class ProviderLogin
{
    /** @var array<string, mixed> */
    private $claim;

    private function __construct(array $claim)
    {
        $this->claim = $claim;
    }

    /**
     * Reads the claim `login` of a handoff.
     *
     * @param mixed $claim
     * @return self|null null: Moor cannot have written it.
     */
    public static function read($claim): ?self
    {
        if (!is_array($claim)) {
            return null;
        }
        $claim += ['amr' => [], 'claims' => []];
        $isRight = is_string($claim['iss'] ?? null)
            && self::isTime($claim['at'] ?? null)
            && self::areTexts($claim['roles'] ?? null)
            && self::areTexts($claim['amr'])
            && self::isMap($claim['claims'])
            && (!array_key_exists('acr', $claim) || is_string($claim['acr']))
            && (!array_key_exists('auth_at', $claim) || self::isTime($claim['auth_at']));
        return $isRight ? new self($claim) : null;
    }

    /** The OpenID Connect provider. The user is its `sub`. */
    public function issuer(): string
    {
        return $this->claim['iss'];
    }

    /** When Moor saw the login, in UTC. */
    public function at(): \DateTimeImmutable
    {
        return self::timeOf($this->claim['at']);
    }

    /** When the provider saw the visitor prove who they are, in UTC; null: it did not say. */
    public function authAt(): ?\DateTimeImmutable
    {
        return isset($this->claim['auth_at']) ? self::timeOf($this->claim['auth_at']) : null;
    }

    /** The method of the login in the provider's words; null: it did not say. */
    public function acr(): ?string
    {
        return $this->claim['acr'] ?? null;
    }

    /** @return string[] */
    public function amr(): array
    {
        return $this->claim['amr'];
    }

    /** @return string[] the roles of Moor's configuration that the visitor has. */
    public function roles(): array
    {
        return $this->claim['roles'];
    }

    /** @return array<string, mixed> the claims that Moor's configuration names; empty if the pool sees only some attributes. */
    public function claims(): array
    {
        return $this->claim['claims'];
    }

    private static function timeOf(int $seconds): \DateTimeImmutable
    {
        return new \DateTimeImmutable("@$seconds");
    }

    /** @param mixed $value */
    private static function isTime($value): bool
    {
        return is_int($value) && $value >= 0;
    }

    /** @param mixed $value */
    private static function areTexts($value): bool
    {
        return is_array($value) && array_values(array_filter($value, 'is_string')) === $value;
    }

    /**
     * An empty list and an empty object are the same in PHP.
     *
     * @param mixed $value
     */
    private static function isMap($value): bool
    {
        return is_array($value) && ($value === [] || array_keys($value) !== range(0, count($value) - 1));
    }
}
