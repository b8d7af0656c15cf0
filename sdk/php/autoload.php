<?php

/** Loads the classes of this package where Composer does not. */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    if ($class === 'MoorSession' || $class === 'MoorAdopt') {
        require __DIR__ . "/$class.php";
    } elseif (strncmp($class, 'Moor\\Session\\', 13) === 0) {
        $file = __DIR__ . '/src/' . strtr(substr($class, 13), '\\', '/') . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
