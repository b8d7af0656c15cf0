<?php

declare(strict_types=1);

/** A class of the application, whose values PHP serializes. */
final class Basket
{
    /** @var array<string, int> */
    public $goods = ['apples' => 2];
    /** @var self */
    private $self;

    public function __construct()
    {
        $this->self = $this;
    }
}

/** @return mixed a value of PHP's own kinds. */
function native(string $kind)
{
    switch ($kind) {
        case 'date':
            return new DateTimeImmutable('2026-11-30T12:00:00.123456', new DateTimeZone('Europe/Berlin'));
        case 'bytes':
            return "\x00\xff\xfe\x80";
        default:
            return new Basket();
    }
}
