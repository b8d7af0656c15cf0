<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * The names that the values of a session of PHP have among Moor's attributes. The default session's value `$_SESSION['a']` is the attribute
 * `a`. In a session of another name it is `$NAME:a`. The attribute `$NAME` is the session's id.
 *
 * A framework may keep all values of an application in one array, its bag. Then its members have the names of the default session.
 */
final class Names
{
    /** Before a key of the default session that begins with `$`. */
    private const DOLLAR = '$$:';
    /** Before a key of the default session that lies beside the bag. */
    private const BESIDE = '$:';

    /** @var string */
    private $id;
    /** @var string before each key; the default session has none. */
    private $prefix;
    /** @var string|null */
    private $bag;

    /**
     * @param string $name of the session. PHP allows letters, digits and hyphens.
     * @param bool $isDefault whether its values have names without a prefix.
     * @param string|null $bag the key of `$_SESSION` that holds the values of the application; null: `$_SESSION` holds them.
     */
    public function __construct(string $name, bool $isDefault, ?string $bag)
    {
        $this->id = "\$$name";
        $this->prefix = $isDefault ? '' : "\$$name:";
        $this->bag = $bag;
    }

    /** The attribute that holds the session's id. */
    public function id(): string
    {
        return $this->id;
    }

    /** Whether an attribute is a value of this session. */
    public function isOwn(string $attribute): bool
    {
        return $this->placeOf($attribute) !== null;
    }

    /**
     * @param array<array-key, mixed> $values as they are in `$_SESSION`.
     * @return array<array-key, mixed> the same values by their attributes.
     */
    public function attributesOf(array $values): array
    {
        $beside = $values;
        $inBag = $values;
        if ($this->bag !== null) {
            $inBag = $values[$this->bag] ?? [];
            unset($beside[$this->bag]);
        }
        $attributes = [];
        foreach ($inBag as $key => $value) {
            $dollar = strncmp((string) $key, '$', 1) === 0 && $this->prefix === '' ? self::DOLLAR : $this->prefix;
            $attributes[$dollar . $key] = $value;
        }
        if ($this->bag !== null) {
            foreach ($beside as $key => $value) {
                $attributes[$this->prefix . self::BESIDE . $key] = $value;
            }
        }
        return $attributes;
    }

    /**
     * What `serialize()` makes of the array `$_SESSION`.
     *
     * @param array<array-key, string> $texts what it makes of each value, by the attribute.
     */
    public function joined(array $texts): string
    {
        $places = ['bag' => [], 'beside' => []];
        // References count from the beginning of the whole text, so values that have some are joined as values.
        $areValues = preg_grep('~[rR]:\d+;~', $texts) !== [];
        foreach ($texts as $attribute => $text) {
            [$place, $key] = $this->placeOf((string) $attribute);
            $places[$place][$key] = $areValues ? unserialize($text) : $text;
        }
        $join = $areValues ? 'serialize' : [self::class, 'joinTexts'];
        if ($this->bag === null) {
            return $join($places['bag']);
        }
        $bag = $areValues ? $places['bag'] : $join($places['bag']);
        return $join([$this->bag => $bag] + $places['beside']);
    }

    /** @param array<array-key, string> $texts */
    private static function joinTexts(array $texts): string
    {
        $members = '';
        foreach ($texts as $key => $text) {
            $members .= serialize($key) . $text;
        }
        return 'a:' . count($texts) . ":{{$members}}";
    }

    /** @return array{string, string}|null `'bag'` or `'beside'`, and the key there; null if the attribute belongs to another session. */
    private function placeOf(string $attribute): ?array
    {
        if ($this->bag !== null && ($key = self::after($this->prefix . self::BESIDE, $attribute)) !== null) {
            return ['beside', $key];
        }
        $key = self::after($this->prefix, $attribute);
        if ($this->prefix === '' && strncmp($attribute, '$', 1) === 0) {
            $key = self::after(self::DOLLAR, $attribute);
        }
        return $key === null ? null : ['bag', $key];
    }

    private static function after(string $prefix, string $text): ?string
    {
        return strncmp($text, $prefix, strlen($prefix)) === 0 ? substr($text, strlen($prefix)) : null;
    }
}
