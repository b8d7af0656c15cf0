<?php

/** The server of a `FakeMoor`: its public key, and the session API of its session. */

declare(strict_types=1);

use Moor\Session\Testing\FakeSession;

require __DIR__ . '/FakeSession.php';

$folder = (string) getenv('MOOR_FAKE_FOLDER');
$session = FakeSession::fromFile("$folder/session.json");
$request = $_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

header('Content-Type: application/json');
if ($request === 'GET /.moor/jwks.json') {
    readfile("$folder/jwks.json");
    return;
}
if (!$session->isStored()) {
    http_response_code(409);
    echo '{"code":"not_stored"}';
    return;
}
switch ($request) {
    case 'GET /.moor/session':
        break;
    case 'PATCH /.moor/session':
        $session = $session->after('moor-patch', (string) json_encode(json_decode(file_get_contents('php://input'))));
        $session->toFile("$folder/session.json");
        break;
    case 'DELETE /.moor/session':
        FakeSession::fresh()->toFile("$folder/session.json");
        http_response_code(204);
        return;
    default:
        http_response_code(404);
        return;
}
echo json_encode($session->answer());
