<?php
/**
 * A basket behind Moor, in PHP with the drop-in of sdk/php: `$_SESSION` is the session that Moor keeps.
 * php -S 127.0.0.1:9001 server.php
 */
declare(strict_types=1);

// With Composer this is vendor/autoload.php.
require __DIR__ . '/../../sdk/php/autoload.php';

MoorSession::register();

// A request without a handoff has not come through Moor. This shop has no page for it.
if (!isset($_SERVER['HTTP_MOOR_SESSION'])) {
    http_response_code(403);
    exit;
}

session_start();
$basket = $_SESSION['basket'] ?? [];
$good = $_POST['good'] ?? '';
switch ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
    case 'GET /':
        header('Content-Type: application/json');
        // An array without members would be [].
        echo json_encode(['server' => 'php', 'user' => MoorSession::user(), 'basket' => (object) $basket]);
        exit;
    case 'POST /add':
        $_SESSION['basket'][$good] = ($basket[$good] ?? 0) + 1;
        break;
    case 'POST /remove':
        unset($_SESSION['basket'][$good]);
        break;
    case 'POST /login':
        // The basket stays. A session that was planted by somebody else is left behind.
        session_regenerate_id(true);
        MoorSession::login($_POST['user']);
        break;
    case 'POST /logout':
        session_destroy();
        break;
    default:
        http_response_code(400);
        exit;
}
header('Location: /', true, 303);
