<?php

/** The conformance application (docs/reference/drop-in.md) on PHP's own sessions: `php -S 127.0.0.1:$PORT -t .`. */

declare(strict_types=1);

require __DIR__ . '/natives.php';

function answer(array $json): void
{
    header('Content-Type: application/json');
    echo json_encode($json, JSON_PRESERVE_ZERO_FRACTION | JSON_PARTIAL_OUTPUT_ON_ERROR);
}

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
$key = (string) ($_GET['k'] ?? '');
$route = "{$_SERVER['REQUEST_METHOD']} $path";

if ($route === 'GET /health' || $route === 'GET /plain') {
    answer(['ok' => true]);
    return;
}
if ($route === 'GET /pid') {
    answer(['pid' => getmypid(), 'name' => getenv('NAME')]);
    return;
}

session_start();
switch ($route) {
    case 'GET /read':
        answer(['attributes' => (object) $_SESSION, 'new' => $_SESSION === []]);
        break;
    case 'POST /set':
        $_SESSION[$key] = json_decode(file_get_contents('php://input'), true);
        answer([]);
        break;
    case 'POST /delete':
        unset($_SESSION[$key]);
        answer([]);
        break;
    case 'POST /incr':
        $_SESSION[$key] = ($_SESSION[$key] ?? 0) + 1;
        answer(['value' => $_SESSION[$key]]);
        break;
    case 'POST /regenerate':
        session_regenerate_id();
        answer([]);
        break;
    case 'POST /login':
        session_regenerate_id(true);
        $_SESSION['user'] = $_GET['user'];
        MoorSession::login($_GET['user']);
        answer([]);
        break;
    case 'POST /logout':
        $_SESSION = [];
        session_destroy();
        answer([]);
        break;
    case 'POST /clear-and-set':
        session_destroy();
        session_start();
        $_SESSION[$key] = true;
        answer([]);
        break;
    case 'POST /late':
        echo '{';
        flush();
        $_SESSION[$key] = true;
        echo '}';
        break;
    case 'POST /large':
        $_SESSION[$key] = str_repeat('x', (int) $_GET['bytes']);
        answer([]);
        break;
    case 'POST /native':
        $_SESSION['native'] = native($_GET['kind']);
        answer([]);
        break;
    case 'GET /native':
        $_SESSION += ['native' => null];
        answer(['equal' => serialize($_SESSION['native']) === serialize(native($_GET['kind']))]);
        break;
    case 'POST /flash':
        $_SESSION['flash'] = $_GET['m'];
        answer([]);
        break;
    case 'GET /flash':
        answer(['flash' => $_SESSION['flash'] ?? null]);
        unset($_SESSION['flash']);
        break;
    default:
        http_response_code(404);
        answer([]);
}
