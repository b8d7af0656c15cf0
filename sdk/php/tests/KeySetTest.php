<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use Moor\Session\Http;
use Moor\Session\KeyCache;
use Moor\Session\KeySet;
use Moor\Session\MoorError;
use Moor\Session\Testing\FakeMoor;
use PHPUnit\Framework\TestCase;

/** How long keys count, by a clock that the test moves. */
final class KeySetTest extends TestCase
{
    /** @var FakeMoor */
    private $moor;
    /** @var KeySet */
    private $keys;
    /** @var int */
    private $now = 1000000;

    protected function setUp(): void
    {
        $this->moor = FakeMoor::start();
        $url = $this->moor->environment()['MOOR_URL'];
        $this->keys = new KeySet(new Http($url), new KeyCache($url . random_int(0, PHP_INT_MAX)), function (): int {
            return $this->now;
        });
    }

    protected function tearDown(): void
    {
        if ($this->moor !== null) {
            $this->moor->stop();
        }
    }

    /** Moor is out of reach from now on. */
    private function stopMoor(): void
    {
        $this->moor->stop();
        $this->moor = null;
    }

    private function kid(): string
    {
        $header = explode('.', $this->moor->handoff())[0];
        return json_decode(base64_decode(strtr($header, '-_', '+/')), true)['kid'];
    }

    public function testForgetsAKeyFiveMinutesAfterMoorHasPublishedItLast(): void
    {
        $kid = $this->kid();
        self::assertNotNull($this->keys->find($kid));
        $this->moor->rotateKey();
        $this->now += 299;
        self::assertNotNull($this->keys->find($kid));
        $this->now += 1;
        self::assertNull($this->keys->find($kid));
    }

    public function testSeesANewKeyAtOnceAndSearchesAgainAfterFiveSeconds(): void
    {
        self::assertNotNull($this->keys->find($this->kid()));
        self::assertNull($this->keys->find('unknown'));
        $this->moor->rotateKey();
        $this->now += 4;
        self::assertNull($this->keys->find($this->kid()));
        $this->now += 1;
        self::assertNotNull($this->keys->find($this->kid()));
    }

    public function testLooksForAnotherKeyOfAnIdWhenASignatureDoesNotFit(): void
    {
        $kid = $this->kid();
        $pem = $this->keys->find($kid);
        self::assertNull($this->keys->find($kid, $pem));
        self::assertSame($pem, $this->keys->find($kid, 'another'));
    }

    public function testUsesItsKeysForAnHourWhileMoorIsOutOfReach(): void
    {
        $kid = $this->kid();
        $this->keys->find($kid);
        $this->stopMoor();
        $this->now += 3599;
        self::assertNotNull($this->keys->find($kid));
        $this->now += 1;
        $this->expectException(MoorError::class);
        $this->keys->find($kid);
    }

    public function testIsUnavailableAndNotEmptyWhenItHasNeverReadTheKeys(): void
    {
        $kid = $this->kid();
        $this->stopMoor();
        $this->expectException(MoorError::class);
        $this->keys->find($kid);
    }
}
