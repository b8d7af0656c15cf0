<?php

declare(strict_types=1);

namespace Moor\Session;

/** Merge patches (RFC 7396) over arrays as `json_decode` makes them. */
final class Patch
{
    /**
     * The members that turn one object into another: their new values, null for a removal, and for an object in place of an object a patch
     * of its own, as `stdClass`. It keeps the order of the members that both have.
     *
     * @param array<array-key, mixed> $before
     * @param array<array-key, mixed> $after
     * @return array<array-key, mixed> empty if there is no difference.
     */
    public static function between(array $before, array $after): array
    {
        $patch = array_fill_keys(array_keys(array_diff_key($before, $after)), null);
        foreach ($after as $name => $value) {
            $old = $before[$name] ?? null;
            if ($old === $value) {
                continue;
            }
            $isMerged = is_array($old) && is_array($value) && !Value::isList($value);
            $patch[$name] = $isMerged ? (object) self::between($old, $value) : $value;
        }
        return $patch;
    }

    /**
     * An object with a patch applied that `between` has made.
     *
     * @param array<array-key, mixed> $target
     * @param array<array-key, mixed> $patch
     * @return array<array-key, mixed>
     */
    public static function applied(array $target, array $patch): array
    {
        foreach ($patch as $name => $value) {
            if ($value === null) {
                unset($target[$name]);
            } else {
                $target[$name] = $value instanceof \stdClass ? self::applied($target[$name], (array) $value) : $value;
            }
        }
        return $target;
    }

    /**
     * The patch as JSON in visible ASCII and spaces, in as many objects as are needed to keep each below a length. A single member may exceed
     * it.
     *
     * @param array<array-key, mixed> $patch
     * @return string[] to be applied in order; empty for an empty patch.
     * @throws MoorError `change-malformed` if a name is not UTF-8.
     */
    public static function lines(array $patch, int $mostBytes = PHP_INT_MAX): array
    {
        $lines = [];
        $line = '';
        foreach ($patch as $name => $value) {
            $member = self::json((string) $name) . ':' . self::json($value);
            if ($line !== '' && strlen($line) + strlen($member) + 3 > $mostBytes) {
                $lines[] = "{{$line}}";
                $line = '';
            }
            $line .= $line === '' ? $member : ",$member";
        }
        return $line === '' ? $lines : array_merge($lines, ["{{$line}}"]);
    }

    /** @param mixed $value */
    private static function json($value): string
    {
        $text = json_encode($value, JSON_UNESCAPED_SLASHES);
        if ($text === false) {
            throw new MoorError(MoorError::CHANGE_MALFORMED, 'a name in the session is not UTF-8');
        }
        return str_replace("\x7f", '\u007f', $text);
    }
}
