<?php

/**
 * Keeps `$_SESSION` of every script in Moor: `auto_prepend_file = /path/to/moor-session.php`.
 *
 * Settings: MOOR_ISSUER, MOOR_AUDIENCE, MOOR_URL.
 */

declare(strict_types=1);

require __DIR__ . '/autoload.php';

// Scripts of the command line (cron, migrations) have no visitor.
if (PHP_SAPI !== 'cli') {
    MoorSession::register();
}
