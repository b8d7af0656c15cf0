<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * Keeps a text for all processes of this server: in APCu if it is on, or else in a file that belongs to this process's user. The text is
 * public, so only its integrity counts.
 */
final class KeyCache
{
    /** @var string */
    private $name;

    public function __construct(string $subject)
    {
        $this->name = 'moor-keys-' . substr(hash('sha256', $subject), 0, 32);
    }

    public function load(): ?string
    {
        if (self::hasApcu()) {
            $text = apcu_fetch($this->name);
            return is_string($text) ? $text : null;
        }
        $file = is_file($this->file()) ? @fopen($this->file(), 'rb') : false;
        if ($file === false) {
            return null;
        }
        $text = self::isOwn($file) ? stream_get_contents($file) : false;
        fclose($file);
        return $text === false ? null : $text;
    }

    public function save(string $text): void
    {
        if (self::hasApcu()) {
            apcu_store($this->name, $text);
            return;
        }
        // tempnam makes a file that only this user can write. Renaming it shows readers the old text or the new text, whole.
        $temporary = tempnam(sys_get_temp_dir(), 'moor');
        if ($temporary === false) {
            return;
        }
        if (file_put_contents($temporary, $text) !== strlen($text) || !@rename($temporary, $this->file())) {
            unlink($temporary);
        }
    }

    private function file(): string
    {
        return sys_get_temp_dir() . '/' . $this->name . '-' . self::userId() . '.json';
    }

    /**
     * The folder of temporary files is everybody's: another user of this machine may have put a file of that name there.
     *
     * @param resource $file
     */
    private static function isOwn($file): bool
    {
        $facts = fstat($file);
        return $facts !== false && $facts['uid'] === self::userId() && ($facts['mode'] & 0022) === 0;
    }

    private static function userId(): int
    {
        if (function_exists('posix_geteuid')) {
            return posix_geteuid();
        }
        $probe = tempnam(sys_get_temp_dir(), 'moor');
        $owner = $probe === false ? -1 : (int) fileowner($probe);
        if ($probe !== false) {
            unlink($probe);
        }
        return $owner;
    }

    private static function hasApcu(): bool
    {
        return function_exists('apcu_enabled') && apcu_enabled();
    }
}
