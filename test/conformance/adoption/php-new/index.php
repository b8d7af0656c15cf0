<?php

declare(strict_types=1);

// The same shop behind Moor: moor-session.php is prepended, and nothing else has changed.
session_start();
if (isset($_GET['add'])) {
    $_SESSION['basket'][$_GET['add']] = 1;
} elseif (isset($_GET['logout'])) {
    session_destroy();
}
$basket = $_SESSION['basket'] ?? [];
header('Content-Type: application/json');
echo json_encode([
    'server' => 'new',
    'user' => $_SESSION['user'] ?? null,
    'apples' => $basket['apples'] ?? null,
    'since' => isset($_SESSION['since']) ? $_SESSION['since']->format('Y') : null,
]);
