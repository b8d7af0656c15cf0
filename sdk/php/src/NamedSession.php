<?php

declare(strict_types=1);

namespace Moor\Session;

/** One of the application's sessions among the attributes of Moor's session. PHP can have several, each under a name of its own. */
final class NamedSession
{
    /** @var Exchange */
    private $exchange;
    /** @var Names */
    private $names;
    /** @var array<array-key, string> by the attribute: the values that were read or written last, as `serialize()` makes them. */
    private $shown = [];

    public function __construct(Exchange $exchange, Names $names)
    {
        $this->exchange = $exchange;
        $this->names = $names;
    }

    /** The session's id; null while it has none. */
    public function id(): ?string
    {
        $id = $this->exchange->attributes()[$this->names->id()] ?? null;
        return is_string($id) ? $id : null;
    }

    /** All values, as `serialize()` makes them of the array `$_SESSION`. */
    public function read(): string
    {
        $this->shown = [];
        foreach ($this->exchange->attributes() as $attribute => $json) {
            if ($this->names->isOwn((string) $attribute)) {
                $this->shown[$attribute] = Value::serialized($json);
            }
        }
        return $this->names->joined($this->shown);
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
        foreach ($this->names->attributesOf($values) as $attribute => $value) {
            $text = serialize($value);
            if (array_key_exists($attribute, $before) && ($this->shown[$attribute] ?? null) === $text) {
                $after[$attribute] = $before[$attribute];
            } else {
                $json = Value::toJson($value);
                $after[$attribute] = self::isMerged($stored[$attribute] ?? null, $json) ? $json : Value::tagged($text);
            }
            $this->shown[$attribute] = $text;
        }
        // The id of a session without values, or of one that another program has made, is stored with the first change.
        if (array_key_exists($this->names->id(), $before) || Patch::between($before, $after) !== []) {
            $after[$this->names->id()] = $id;
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
     * Whether a merge patch turns one JSON value into the other. It cannot reorder the members of an object.
     *
     * @param mixed $old
     * @param mixed $json
     */
    private static function isMerged($old, $json): bool
    {
        if (!is_array($old) || !is_array($json) || Value::isList($json)) {
            return true;
        }
        return Patch::applied($old, Patch::between($old, $json)) === $json;
    }

    /** The attributes that belong to other sessions. */
    private function othersOf(array $attributes): array
    {
        foreach (array_keys($attributes) as $attribute) {
            if ($attribute === $this->names->id() || $this->names->isOwn((string) $attribute)) {
                unset($attributes[$attribute]);
            }
        }
        return $attributes;
    }
}
