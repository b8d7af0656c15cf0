<?php

declare(strict_types=1);

use Moor\Session\MoorError;
use Moor\Session\NativeHandler;
use Moor\Session\ProviderLogin;
use Moor\Session\Settings;

/** `$_SESSION` in Moor. Apart from a login, an application needs no code for it. */
final class MoorSession
{
    /** @var NativeHandler|null */
    private static $handler;

    /**
     * Keeps `$_SESSION` in Moor from now on. Call it before `session_start()`; a second call has no effect.
     *
     * @param Settings|null $settings default: the environment's.
     * @throws InvalidArgumentException if a setting is missing.
     */
    public static function register(?Settings $settings = null): void
    {
        if (self::$handler === null) {
            self::$handler = new NativeHandler($settings ?? Settings::fromEnvironment());
            self::$handler->register();
        }
    }

    /**
     * The handler for Symfony, which calls `session_set_save_handler` by itself. Symfony's values keep their names.
     *
     * @param Settings|null $settings default: the environment's.
     * @throws InvalidArgumentException if a setting is missing.
     */
    public static function symfonyHandler(?Settings $settings = null): NativeHandler
    {
        if (self::$handler === null) {
            self::$handler = new NativeHandler($settings ?? Settings::fromEnvironment(), '_sf2_attributes');
            self::$handler->prepare();
        }
        return self::$handler;
    }

    /**
     * Tells Moor that the visitor has logged in as this user. Call it in the request that has checked their password, and in no other: each call
     * gives the visitor a new token.
     *
     * @param string $user the user's id; 1 to 256 bytes when it is percent-encoded.
     * @throws MoorError
     */
    public static function login(string $user): void
    {
        self::registered()->login($user);
    }

    /**
     * The user that `login` has named; null before a login.
     *
     * @throws MoorError
     */
    public static function user(): ?string
    {
        return self::registered()->exchange()->principal();
    }

    /**
     * How the visitor has logged in at a provider; null unless Moor has logged them in.
     *
     * @throws MoorError
     */
    public static function providerLogin(): ?ProviderLogin
    {
        return self::registered()->exchange()->providerLogin();
    }

    private static function registered(): NativeHandler
    {
        if (self::$handler === null) {
            throw new LogicException('call MoorSession::register() first');
        }
        return self::$handler;
    }
}
