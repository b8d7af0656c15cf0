<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use Moor\Session\Exchange;
use Moor\Session\MoorError;
use Moor\Session\Settings;
use Moor\Session\Testing\FakeMoor;
use Moor\Session\Value;
use PHPUnit\Framework\TestCase;

/** The test kit, and the drop-in before it. */
final class FakeMoorTest extends TestCase
{
    /** @var FakeMoor */
    private $moor;

    protected function setUp(): void
    {
        $this->moor = FakeMoor::start();
    }

    protected function tearDown(): void
    {
        $this->moor->stop();
    }

    private function begin(): Exchange
    {
        $environment = $this->moor->environment();
        $settings = new Settings($environment['MOOR_ISSUER'], $environment['MOOR_AUDIENCE'], $environment['MOOR_URL']);
        return Exchange::begin($this->moor->handoff(), $settings);
    }

    public function testSignsHandoffsThatTheDropInAccepts(): void
    {
        self::assertFalse($this->begin()->isStored());
        $this->moor->setAttributes(['basket' => ['apples' => 2]]);
        self::assertTrue($this->begin()->isStored());
        self::assertSame(['basket' => ['apples' => 2]], $this->begin()->attributes());
    }

    public function testAppliesTheHeadersOfAResponse(): void
    {
        $this->moor->apply(['Content-Type: text/html', 'Moor-Patch: {"a":{"b":1,"c":2}}', 'moor-patch: {"a":{"b":null}}, {"d":[]}']);
        self::assertSame(['a' => ['c' => 2], 'd' => []], $this->moor->attributes());
        $this->moor->apply(['Moor-Principal: alice']);
        self::assertSame('alice', $this->begin()->principal());
        $this->moor->apply(['Moor-End: 1']);
        self::assertSame([], $this->moor->attributes());
        self::assertNull($this->moor->principal());
    }

    public function testRefusesAHeaderThatMoorWouldRefuse(): void
    {
        $this->expectException(\UnexpectedValueException::class);
        $this->moor->apply(['Moor-Patches: {}']);
    }

    public function testHoldsValuesOfPhp(): void
    {
        $since = new \DateTimeImmutable('2026-11-30');
        $this->moor->setAttributes(['since' => $since]);
        self::assertEquals(['since' => $since], $this->moor->attributes());
        $this->moor->apply(['Moor-Patch: ' . json_encode(['other' => Value::toJson("\xff")])]);
        self::assertSame("\xff", $this->moor->attributes()['other']);
    }

    public function testSignsWithAnotherKeyAfterARotation(): void
    {
        $this->begin();
        $this->moor->rotateKey();
        self::assertFalse($this->begin()->isStored());
    }

    public function testAnswersTheSessionApi(): void
    {
        $this->moor->setAttributes(['a' => 1]);
        $exchange = $this->begin();
        $exchange->want(['b' => ['c' => 1]]);
        $exchange->sendByApi();
        self::assertSame(['b' => ['c' => 1]], $this->moor->attributes());
    }

    public function testHasNoSessionForTheSessionApiBeforeTheFirstChange(): void
    {
        $exchange = $this->begin();
        $exchange->want(['a' => 1]);
        $this->expectException(MoorError::class);
        $exchange->sendByApi();
    }
}
