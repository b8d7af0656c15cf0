<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use Moor\Session\MoorError;
use Moor\Session\Patch;
use PHPUnit\Framework\TestCase;

final class PatchTest extends TestCase
{
    /** @dataProvider changes */
    public function testSaysTheDifferenceAlone(string $before, string $after, string $patch): void
    {
        [$before, $after] = [json_decode($before, true), json_decode($after, true)];
        self::assertSame($patch, json_encode((object) Patch::between($before, $after)));
        self::assertEquals($after, Patch::applied($before, Patch::between($before, $after)));
    }

    public function changes(): array
    {
        return [
            'nothing' => ['{"a":1,"b":[1]}', '{"a":1,"b":[1]}', '{}'],
            'a new member' => ['{"a":1}', '{"a":1,"b":2}', '{"b":2}'],
            'a removal' => ['{"a":1,"b":2}', '{"b":2}', '{"a":null}'],
            'a member of an object' => ['{"a":{"b":1,"c":2}}', '{"a":{"b":1,"c":3}}', '{"a":{"c":3}}'],
            'a removal in an object' => ['{"a":{"b":1,"c":2}}', '{"a":{"b":1}}', '{"a":{"c":null}}'],
            'an empty list for an object' => ['{"a":{"b":1}}', '{"a":[]}', '{"a":[]}'],
            'an object for a list' => ['{"a":[1]}', '{"a":{"b":1}}', '{"a":{"0":null,"b":1}}'],
            'an object for an object with a number as a name' => ['{"a":{"0":1,"b":1}}', '{"a":{"b":1}}', '{"a":{"0":null}}'],
            'a list for a list' => ['{"a":[1,2]}', '{"a":[2]}', '{"a":[2]}'],
            'a text for an object' => ['{"a":{"b":1}}', '{"a":"b"}', '{"a":"b"}'],
            'a number as a name' => ['{}', '{"0":"a","1":"b"}', '{"0":"a","1":"b"}'],
        ];
    }

    public function testWritesLinesOfAsciiBelowALength(): void
    {
        $lines = Patch::lines(['a' => 'ü', 'b' => "\x7f\r\n", 0 => str_repeat('x', 30), 'c' => null], 30);
        self::assertSame(['{"a":"\u00fc"}', '{"b":"\u007f\r\n"}', '{"0":"' . str_repeat('x', 30) . '"}', '{"c":null}'], $lines);
    }

    public function testWritesNoLineForNoChange(): void
    {
        self::assertSame([], Patch::lines([]));
    }

    public function testRefusesANameThatIsNotUtf8(): void
    {
        $this->expectException(MoorError::class);
        Patch::lines(["\xff" => 1]);
    }
}
