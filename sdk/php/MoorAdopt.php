<?php

declare(strict_types=1);

use Moor\Session\Names;
use Moor\Session\Question;
use Moor\Session\Value;

/**
 * The endpoint by which an application that keeps `$_SESSION` by itself tells Moor who a visitor is, so that living sessions move in. A page
 * of it is two lines:
 *
 *     require '/path/to/sdk/php/autoload.php';
 *     MoorAdopt::answer('app', function () { return $_SESSION['user'] ?? null; });
 */
final class MoorAdopt
{
    /** An id of fewer random bits could be guessed, so Moor must not derive anything from it. */
    private const LEAST_RANDOM_BITS = 96;

    /**
     * Answers the request, and ends it with its headers. It answers only questions that Moor has signed. The session is read and not changed.
     *
     * Settings: MOOR_ISSUER, MOOR_CONFIRM_KEYS.
     *
     * @param string $from the name of this application: `adopt[].from` of Moor's configuration.
     * @param callable|null $principal called while `$_SESSION` is open. It returns the user who is logged in, as 1 to 256 visible ASCII
     *     characters, or null. Refuse users here whom the application would refuse. Default: nobody is logged in by name.
     * @param string|null $bag see `Names`: `_sf2_attributes` for Symfony.
     * @throws InvalidArgumentException if MOOR_CONFIRM_KEYS has another form.
     */
    public static function answer(string $from, ?callable $principal = null, ?string $bag = null): void
    {
        header('Cache-Control: no-store');
        try {
            $method = (string) ($_SERVER['REQUEST_METHOD'] ?? '');
            $header = (string) ($_SERVER['HTTP_MOOR_ADOPT'] ?? '');
            $issuer = rtrim(self::variable('MOOR_ISSUER'), '/');
            $question = Question::open($header, $method, self::variable('MOOR_CONFIRM_KEYS'), $from, $issuer, time());
        } catch (DomainException $refused) {
            http_response_code(403);
            header('Content-Type: text/plain');
            echo 'moor-adopt: ', $refused->getMessage();
            return;
        }
        $session = self::read($principal, $bag, $question->mostBytes());
        $status = $session === null ? 401 : 200;
        http_response_code($status);
        header('Content-Type: application/jwt');
        echo $question->answer($status, $session ?? []);
    }

    /** @return array<string, mixed>|null null: the visitor has no living session. */
    private static function read(?callable $principal, ?string $bag, int $mostBytes): ?array
    {
        $name = (string) session_name();
        $id = $_COOKIE[$name] ?? null;
        if (!is_string($id) || preg_match('~^[A-Za-z0-9,-]{22,256}$~D', $id) !== 1) {
            return null;
        }
        // An id that the application does not know must not found a session, and no cookie is sent.
        ini_set('session.use_strict_mode', '1');
        ini_set('session.use_cookies', '0');
        ini_set('session.use_only_cookies', '0');
        ini_set('session.use_trans_sid', '0');
        ini_set('session.cache_limiter', '');
        session_id($id);
        session_start();
        if (session_id() !== $id) {
            session_destroy();
            return null;
        }
        $values = $_SESSION;
        $user = $principal === null ? null : $principal();
        session_abort();
        if ($values === [] && $user === null) {
            return null;
        }
        $attributes = array_map([Value::class, 'toJson'], (new Names($name, true, $bag))->attributesOf($values));
        // The drop-in keeps the session's id there, so the browser keeps its cookie, and the way back stays open.
        $attributes["\$$name"] = $id;
        $isTooLarge = strlen((string) json_encode($attributes)) > $mostBytes;
        $bits = strlen($id) * (int) (ini_get('session.sid_bits_per_character') ?: 4);
        return ($bits >= self::LEAST_RANDOM_BITS ? ['id' => $id] : [])
            + ($user === null ? [] : ['principal' => (string) $user])
            + ($isTooLarge ? ['tooLarge' => true] : ['attributes' => $attributes])
            + ['expiresAt' => time() + (int) ini_get('session.gc_maxlifetime')];
    }

    private static function variable(string $name): string
    {
        $value = getenv($name);
        return (string) ($value === false ? ($_SERVER[$name] ?? '') : $value);
    }
}
