<?php

declare(strict_types=1);

// A shop that keeps $_SESSION in files, as it ran before Moor.
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/moor-adopt') {
    require getenv('MOOR_SDK') . '/autoload.php';
    MoorAdopt::answer('app', function () {
        return isset($_SESSION['user']) ? rawurlencode($_SESSION['user']) : null;
    });
    return;
}
session_start();
if ($path === '/login') {
    session_regenerate_id(true);
    $_SESSION['user'] = $_GET['user'];
    $_SESSION['basket'] = ['apples' => 2];
    $_SESSION['since'] = new DateTimeImmutable('2026-11-30T12:00:00Z');
} elseif ($path === '/logout') {
    session_destroy();
}
header('Content-Type: application/json');
$since = $_SESSION['since'] ?? null;
echo json_encode([
    'server' => 'old',
    'user' => $_SESSION['user'] ?? null,
    'basket' => $_SESSION['basket'] ?? null,
    'since' => $since === null ? null : $since->format('Y'),
]);
