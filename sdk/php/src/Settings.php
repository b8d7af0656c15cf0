<?php

declare(strict_types=1);

namespace Moor\Session;

/** Where Moor is, and the names that its handoffs bear. */
final class Settings
{
    /** @var string */
    private $issuer;
    /** @var string */
    private $audience;
    /** @var string */
    private $moorUrl;

    /**
     * @param string $issuer Moor's `MOOR_ISSUER`, an http or https URL.
     * @param string $audience the id of this server's pool.
     * @param string|null $moorUrl where this server reaches Moor. Default: the issuer.
     * @throws \InvalidArgumentException if a setting is missing or is not a URL.
     */
    public function __construct(string $issuer, string $audience, ?string $moorUrl = null)
    {
        $this->issuer = self::checkedUrl('MOOR_ISSUER', $issuer);
        $this->moorUrl = self::checkedUrl('MOOR_URL', $moorUrl ?? $issuer);
        if ($audience === '') {
            throw new \InvalidArgumentException('MOOR_AUDIENCE must be the id of a pool');
        }
        $this->audience = $audience;
    }

    /** Reads `MOOR_ISSUER`, `MOOR_AUDIENCE` and `MOOR_URL` from the environment or, as FastCGI passes them, from `$_SERVER`. */
    public static function fromEnvironment(): self
    {
        $url = self::variable('MOOR_URL');
        return new self(self::variable('MOOR_ISSUER'), self::variable('MOOR_AUDIENCE'), $url === '' ? null : $url);
    }

    public function issuer(): string
    {
        return $this->issuer;
    }

    public function audience(): string
    {
        return $this->audience;
    }

    public function moorUrl(): string
    {
        return $this->moorUrl;
    }

    private static function variable(string $name): string
    {
        $value = getenv($name);
        if ($value === false) {
            $value = $_SERVER[$name] ?? '';
        }
        return is_string($value) ? $value : '';
    }

    private static function checkedUrl(string $name, string $value): string
    {
        if (preg_match('~^https?://[^/?#\s][^?#\s]*$~Di', $value) !== 1) {
            throw new \InvalidArgumentException("$name must be an http or https URL");
        }
        return rtrim($value, '/');
    }
}
