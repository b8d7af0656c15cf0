<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use Moor\Session\Value;
use PHPUnit\Framework\TestCase;

final class ValueTest extends TestCase
{
    /** @dataProvider plainValues */
    public function testTravelsAsJson($value): void
    {
        $json = json_encode(Value::toJson($value));
        self::assertStringNotContainsString('$php', $json);
        self::assertSame($value, Value::fromJson(json_decode($json, true)));
    }

    public function plainValues(): array
    {
        return [
            'text' => ["Grüße \u{1F351}"],
            'empty text' => [''],
            'an integer' => [-9007199254740991],
            'a fraction' => [0.1],
            'true' => [true],
            'a list' => [[1, null, [], [[2.5]]]],
            'an array with names' => [['a' => ['b' => [], 'c' => ['d' => 1]]]],
        ];
    }

    /** @dataProvider taggedValues */
    public function testTravelsAsSerializedText($value): void
    {
        $json = json_encode(Value::toJson($value));
        self::assertStringStartsWith('{"$php":"', $json);
        self::assertEquals($value, Value::fromJson(json_decode($json, true)));
        self::assertSame(serialize($value), Value::serialized(json_decode($json, true)));
    }

    public function taggedValues(): array
    {
        $deep = 1;
        for ($level = 0; $level < 31; $level++) {
            $deep = [$deep];
        }
        return [
            'null' => [null],
            'bytes' => ["\xff\x00"],
            'a whole number of another type' => [2.0],
            'negative zero' => [-0.0],
            'infinity' => [INF],
            'an integer beyond the integers of JavaScript' => [9007199254740992],
            'an object' => [new \DateTimeImmutable('2026-11-30 12:00:00.5')],
            'an object in a list' => [[new \ArrayObject([1])]],
            'null in an array with names' => [['a' => null]],
            'numbers as names, in their order' => [[5 => 'a', 2 => 'b']],
            'a name that is not UTF-8' => [["\xff" => 1]],
            'a deep array' => [$deep],
            'an array like a tagged value' => [['$php' => 'Tjs=']],
            'an array like a value that another language has tagged' => [['$python' => 'Tjs=']],
        ];
    }

    public function testDeserializesNoValueOfAnotherLanguage(): void
    {
        self::assertSame(['$python' => 'Tjs='], Value::fromJson(['$python' => 'Tjs=']));
    }
}
