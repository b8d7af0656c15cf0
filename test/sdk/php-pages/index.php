<?php

/** Pages that use `$_SESSION` in the ways of real applications. test/sdk/php-sessions.test.ts asks for them. */

declare(strict_types=1);

$pages = [
    '/health' => static function (): void {
    },
    '/apcu' => static function (): void {
        echo function_exists('apcu_enabled') && apcu_enabled() ? 'on' : 'off';
    },
    '/registers' => static function (): void {
        require __DIR__ . '/../../../sdk/php/moor-session.php';
    },
    '/closes-early' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        session_write_close();
        $_SESSION['a'] = 'not kept';
        echo 'closed';
    },
    '/starts-twice' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        session_write_close();
        session_start();
        $_SESSION['b'] = $_SESSION['a'] + 1;
    },
    '/redirects' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        header('Location: /next', true, 303);
    },
    '/large' => static function (): void {
        session_start();
        $_SESSION['a'] = str_repeat('x', 20000);
        header('Location: /next', true, 303);
    },
    '/many-headers' => static function (): void {
        session_start();
        header('X-Long: ' . str_repeat('x', 3500));
        $_SESSION['a'] = str_repeat('x', 600);
        echo 'page';
    },
    '/exits' => static function (): void {
        session_start();
        echo 'before';
        $_SESSION['a'] = 1;
        exit;
    },
    '/throws' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        throw new RuntimeException('the page fails');
    },
    '/aborts' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        session_abort();
    },
    '/reads-and-closes' => static function (): void {
        session_start(['read_and_close' => true]);
        $_SESSION['a'] = 1;
        echo json_encode($_SESSION);
    },
    '/changes-at-shutdown' => static function (): void {
        session_start();
        register_shutdown_function(static function (): void {
            $_SESSION['a'] = 1;
        });
        echo 'page';
    },
    '/other-name' => static function (): void {
        session_name('other');
        session_start();
        echo json_encode($_SESSION);
        $_SESSION['a'] = 2;
    },
    '/destroys-other-name' => static function (): void {
        session_name('other');
        session_start();
        session_destroy();
    },
    '/both-names' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        session_write_close();
        session_name('other');
        session_start();
        $_SESSION['a'] = 2;
    },
    '/id' => static function (): void {
        session_start();
        echo session_id();
    },
    '/regenerates-twice' => static function (): void {
        session_start();
        $_SESSION['a'] = 1;
        session_regenerate_id(true);
        session_regenerate_id();
        echo session_id();
    },
    '/own-callback' => static function (): void {
        header_register_callback(static function (): void {
            header('X-Own: 1');
        });
        session_start();
        $_SESSION['a'] = 1;
    },
    '/closure' => static function (): void {
        session_start();
        $_SESSION['a'] = static function (): void {
        };
        echo 'page';
    },
    '/reorders' => static function (): void {
        session_start();
        $_SESSION['a'] = array_reverse($_SESSION['a'], true);
    },
    '/shared' => static function (): void {
        session_start();
        $_SESSION['pair'] = [$object = new ArrayObject([1]), $object];
        $_SESSION['after'] = 'x';
    },
    '/reads-shared' => static function (): void {
        session_start();
        [$one, $two] = $_SESSION['pair'];
        echo json_encode([$one === $two, $one[0], $_SESSION['after']]);
    },
    '/unset' => static function (): void {
        session_start();
        session_unset();
    },
    '/takes-back' => static function (): void {
        session_start();
        $_SESSION['a'] = 2;
        echo 'page';
        ob_flush();
        $_SESSION['a'] = 1;
    },
    '/logs-in' => static function (): void {
        MoorSession::login('alice');
        echo MoorSession::user();
    },
    '/user' => static function (): void {
        echo MoorSession::user() ?? 'nobody';
    },
    '/logs-in-late' => static function (): void {
        session_start();
        echo 'page';
        ob_flush();
        flush();
        MoorSession::login('alice');
    },
];
$pages[parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)]();
