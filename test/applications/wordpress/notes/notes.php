<?php

/**
 * Plugin Name: Notes
 *
 * Keeps a visitor's notes in `$_SESSION`, as many plugins keep a basket. A visitor gives a name first.
 */

declare(strict_types=1);

add_action('init', function () {
    if (($_GET['page_of'] ?? '') !== 'notes') {
        return;
    }
    session_start();
    if ($_SERVER['REQUEST_METHOD'] === 'POST') {
        change_notes(wp_unslash($_POST));
        wp_safe_redirect(home_url('/?page_of=notes'));
        exit;
    }
    show_notes($_SESSION['name'] ?? null, $_SESSION['notes'] ?? []);
    exit;
});

function change_notes(array $form): void
{
    if (isset($form['name'])) {
        session_regenerate_id(true);
        $_SESSION = ['name' => $form['name'], 'token' => bin2hex(random_bytes(16)), 'notes' => []];
    } elseif (isset($_SESSION['token']) && hash_equals($_SESSION['token'], (string) ($form['token'] ?? ''))) {
        if (isset($form['leave'])) {
            session_destroy();
        } else {
            $_SESSION['notes'][] = (string) $form['note'];
        }
    } else {
        wp_die('This form is not of your session.', 403);
    }
}

function show_notes(?string $name, array $notes): void
{
    if ($name === null) {
        echo '<form method="post"><input name="name"></form>';
        return;
    }
    $token = esc_attr($_SESSION['token']);
    echo '<h1>Notes of ', esc_html($name), '</h1><ul>';
    foreach ($notes as $note) {
        echo '<li>', esc_html($note), '</li>';
    }
    echo "</ul><form method=\"post\"><input type=\"hidden\" name=\"token\" value=\"$token\"><input name=\"note\"></form>";
}
