<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use Moor\Session\Exchange;
use Moor\Session\MoorError;
use Moor\Session\ProviderLogin;
use Moor\Session\Settings;
use Moor\Session\Testing\FakeMoor;
use PHPUnit\Framework\TestCase;

/** The logins that Moor makes at a provider. The vectors are the same for the drop-ins of all languages. */
final class ProviderLoginTest extends TestCase
{
    /** @var FakeMoor */
    private static $moor;

    public static function setUpBeforeClass(): void
    {
        self::$moor = FakeMoor::start();
    }

    public static function tearDownAfterClass(): void
    {
        self::$moor->stop();
    }

    private static function begin(array $claims): Exchange
    {
        $environment = self::$moor->environment();
        $settings = new Settings($environment['MOOR_ISSUER'], $environment['MOOR_AUDIENCE'], $environment['MOOR_URL']);
        return Exchange::begin(self::$moor->handoff($claims), $settings);
    }

    private static function vectors(string $kind): array
    {
        $vectors = json_decode((string) file_get_contents(__DIR__ . '/../../provider-logins.json'), true)[$kind];
        return array_combine(array_column($vectors, 'name'), array_map(static function (array $vector): array {
            return [$vector];
        }, $vectors));
    }

    public function shown(): array
    {
        return self::vectors('shown');
    }

    public function refused(): array
    {
        return self::vectors('refused');
    }

    /** @dataProvider shown */
    public function testShowsTheLoginThatTheHandoffTells(array $vector): void
    {
        $login = self::begin(['login' => $vector['claim']])->providerLogin();
        self::assertInstanceOf(ProviderLogin::class, $login);
        $authAt = $login->authAt();
        self::assertSame($vector['login'], [
            'issuer' => $login->issuer(),
            'at' => $login->at()->getTimestamp(),
            'authAt' => $authAt === null ? null : $authAt->getTimestamp(),
            'acr' => $login->acr(),
            'amr' => $login->amr(),
            'roles' => $login->roles(),
            'claims' => $login->claims(),
        ]);
    }

    public function testShowsNoneForAVisitorWhomNoProviderHasLoggedIn(): void
    {
        self::assertNull(self::begin([])->providerLogin());
    }

    /** @dataProvider refused */
    public function testRefusesALoginThatMoorCannotHaveWritten(array $vector): void
    {
        $this->expectException(MoorError::class);
        $this->expectExceptionMessage('its claim login is not a login of Moor');
        self::begin(['login' => $vector['claim']]);
    }
}
