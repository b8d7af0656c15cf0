<?php

declare(strict_types=1);

namespace Moor\Session;

/** base64url without padding (RFC 4648, section 5). */
final class Base64Url
{
    public static function encode(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    /** null if the text is not base64url. */
    public static function decode(string $text): ?string
    {
        if (preg_match('~^[\w-]*$~D', $text) !== 1) {
            return null;
        }
        $bytes = base64_decode(strtr($text, '-_', '+/'), true);
        return $bytes === false ? null : $bytes;
    }
}
