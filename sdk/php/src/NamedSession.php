<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * One of the application's sessions among the attributes of Moor's session. PHP can have several, each under a name of its own.
 *
 * A value `$_SESSION['a']` is the attribute `a` in the default session, and the attribute `$NAME:a` in a session of another name. A key that begins
 * with `$` is `$:` and the key in the default session. The attribute `$NAME` is the session's id.
 */
final class NamedSession
{
    /** @var Exchange */
    private $exchange;
    /** @var string */
    private $idName;
    /** @var string the default session has none. */
    private $prefix;
    /** @var array<array-key, string> the attributes that were read, as `serialize()` makes them. */
    private $shown = [];

    public function __construct(Exchange $exchange, string $name, bool $isDefault)
    {
        $this->exchange = $exchange;
        $this->idName = "\$$name";
        $this->prefix = $isDefault ? '' : "\$$name:";
    }

    /** The session's id; null while it has none. */
    public function id(): ?string
    {
        $id = $this->exchange->attributes()[$this->idName] ?? null;
        return is_string($id) ? $id : null;
    }

    /** All values, as `serialize()` makes them of the array `$_SESSION`. */
    public function read(): string
    {
        $this->shown = [];
        foreach ($this->exchange->attributes() as $attribute => $json) {
            $key = $this->keyOf((string) $attribute);
            if ($key !== null) {
                $this->shown[$key] = Value::serialized($json);
            }
        }
        return self::joined($this->shown);
    }

    /**
     * Replaces all values.
     *
     * @param string $id the id that the session has from now on.
     * @param array<array-key, mixed> $values as they are in `$_SESSION`.
     * @throws \Exception if PHP cannot serialize a value.
     */
    public function write(string $id, array $values): void
    {
        $before = $this->exchange->attributes();
        $stored = $this->exchange->stored();
        $after = $this->othersOf($before);
        foreach ($values as $key => $value) {
            $attribute = $this->attributeOf((string) $key);
            $text = serialize($value);
            $isShown = array_key_exists($attribute, $before) && ($this->shown[$key] ?? null) === $text;
            $after[$attribute] = $isShown ? $before[$attribute] : self::mergeable($stored[$attribute] ?? null, $value, $text);
            $this->shown[$key] = $text;
        }
        // The id of a session without values, or of one that another program has made, is stored with the first change.
        $isKnown = array_key_exists($this->idName, $before);
        if ($isKnown || Patch::between($before, $after) !== []) {
            $after[$this->idName] = $id;
        }
        $this->exchange->want($after);
    }

    /** Removes all values, and the id. */
    public function clear(): void
    {
        $this->shown = [];
        $this->exchange->want($this->othersOf($this->exchange->attributes()));
    }

    /**
     * The JSON value of a value. A merge patch cannot reorder the members of an object, so an object in another order is tagged.
     *
     * @param mixed $old
     * @param mixed $value
     * @return mixed
     */
    private static function mergeable($old, $value, string $text)
    {
        $json = Value::toJson($value);
        if (!is_array($old) || !is_array($json) || Value::isList($json)) {
            return $json;
        }
        return Patch::applied($old, Patch::between($old, $json)) === $json ? $json : Value::tagged($text);
    }

    /**
     * The serialized array of serialized values.
     *
     * @param array<array-key, string> $texts
     */
    private static function joined(array $texts): string
    {
        // References count from the beginning of the whole text, so values that have some are joined as values.
        if (preg_grep('~[rR]:\d+;~', $texts) !== []) {
            return serialize(array_map('unserialize', $texts));
        }
        $members = '';
        foreach ($texts as $key => $text) {
            $members .= serialize($key) . $text;
        }
        return 'a:' . count($texts) . ":{{$members}}";
    }

    private function othersOf(array $attributes): array
    {
        foreach ($attributes as $attribute => $_) {
            if ($attribute === $this->idName || $this->keyOf((string) $attribute) !== null) {
                unset($attributes[$attribute]);
            }
        }
        return $attributes;
    }

    private function attributeOf(string $key): string
    {
        $prefix = $this->prefix === '' && strncmp($key, '$', 1) === 0 ? '$:' : $this->prefix;
        return $prefix . $key;
    }

    /** null: the attribute belongs to another session. */
    private function keyOf(string $attribute): ?string
    {
        $prefix = $this->prefix;
        if ($prefix === '') {
            if (strncmp($attribute, '$', 1) !== 0) {
                return $attribute;
            }
            $prefix = '$:';
        }
        return strncmp($attribute, $prefix, strlen($prefix)) === 0 ? substr($attribute, strlen($prefix)) : null;
    }
}
