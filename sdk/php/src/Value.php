<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * Values of a session as Moor keeps them. A value that JSON brings back as it was travels as JSON. Every other value travels as
 * `{ "$php": base64 of serialize() }`.
 */
final class Value
{
    private const TAG = '$php';
    private const MOST_LEVELS = 30;
    private const SAFE_INTEGER = 9007199254740991;

    /**
     * The JSON value for a value of PHP, as `json_encode` takes it.
     *
     * @return mixed
     * @throws \Exception if PHP cannot serialize the value, as for a closure.
     */
    public static function toJson($value)
    {
        $isJson = $value !== null && self::isJson($value, self::MOST_LEVELS) && !self::looksTagged($value);
        return $isJson ? $value : self::tagged(serialize($value));
    }

    /** The JSON value of a text that `serialize()` has made. */
    public static function tagged(string $serialized): array
    {
        return [self::TAG => base64_encode($serialized)];
    }

    /**
     * What `serialize()` makes of the value that a JSON value stands for. A tagged value is not deserialized for it, so no class wakes up.
     *
     * @param mixed $json
     */
    public static function serialized($json): string
    {
        return self::serializedIn($json) ?? serialize($json);
    }

    /**
     * The value that a JSON value stands for. A tagged value is deserialized. The caller vouches that it comes from Moor.
     *
     * @param mixed $json
     * @return mixed
     */
    public static function fromJson($json)
    {
        $serialized = self::serializedIn($json);
        return $serialized === null ? $json : unserialize($serialized);
    }

    /** @param mixed $json */
    private static function serializedIn($json): ?string
    {
        $text = is_array($json) && count($json) === 1 ? ($json[self::TAG] ?? null) : null;
        $serialized = is_string($text) ? base64_decode($text, true) : false;
        return $serialized === false ? null : $serialized;
    }

    /** @param mixed $value */
    private static function looksTagged($value): bool
    {
        return is_array($value) && count($value) === 1 && strncmp((string) array_key_first($value), '$', 1) === 0;
    }

    /** Whether JSON brings a value back as it was, also by a merge patch, which reads a null in an object as a removal. */
    private static function isJson($value, int $levels): bool
    {
        if (is_string($value)) {
            return self::isUtf8($value);
        }
        if (is_int($value)) {
            return abs($value) <= self::SAFE_INTEGER;
        }
        if (is_float($value)) {
            // A whole number would come back as an integer.
            return is_finite($value) && floor($value) !== $value;
        }
        if (!is_array($value)) {
            return is_bool($value);
        }
        return $levels > 0 && self::isJsonArray($value, $levels - 1);
    }

    private static function isJsonArray(array $array, int $levels): bool
    {
        $isList = self::isList($array);
        foreach ($array as $key => $value) {
            // JavaScript moves integer keys of an object to its front, so such an array would lose its order.
            if (!$isList && (is_int($key) || $value === null || !self::isUtf8($key))) {
                return false;
            }
            if ($value !== null && !self::isJson($value, $levels)) {
                return false;
            }
        }
        return true;
    }

    /** Whether an array's keys are 0, 1, 2 and so on, so that JSON makes a list of it. */
    public static function isList(array $array): bool
    {
        return $array === [] || array_keys($array) === range(0, count($array) - 1);
    }

    private static function isUtf8(string $text): bool
    {
        return preg_match('//u', $text) === 1;
    }
}
