<?php

/**
 * Keeps `$_SESSION` of every script in Moor: `auto_prepend_file = /path/to/moor-session.php`. With Composer's autoloader in its place, call
 * `MoorSession::register()`.
 *
 * Settings: MOOR_ISSUER, MOOR_AUDIENCE, MOOR_URL.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if ($class === 'MoorSession') {
        require __DIR__ . '/src/MoorSession.php';
    } elseif (strncmp($class, 'Moor\\Session\\', 13) === 0) {
        $file = __DIR__ . '/src/' . strtr(substr($class, 13), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});

// Scripts of the command line (cron, migrations) have no visitor.
if (PHP_SAPI !== 'cli') {
    MoorSession::register();
}
