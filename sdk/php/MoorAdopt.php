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
    /** The key of `$_SESSION` that holds the version of the values that have come back from Moor. */
    private const VERSION = 'moorVersion';

    /**
     * Answers the request. It answers only questions that Moor has signed. It also ends a session whose visitor has logged out at Moor, and gives a
     * session the values that it has at Moor when its visitor comes back.
     *
     * Settings: MOOR_ISSUER, MOOR_CONFIRM_KEYS. MOOR_READER_ISSUERS names further Moors that may only read, for example of a staging, separated by
     * spaces or commas; they end and change no session.
     *
     * @param string $from the name of this application: `adopt[].from` of Moor's configuration.
     * @param callable|null $principal called while `$_SESSION` is open. It returns the user who is logged in, as 1 to 256 visible ASCII
     *     characters, or null. Refuse users here whom the application would refuse. Default: nobody is logged in by name.
     * @param string|null $bag see `Names`: `_sf2_attributes` for Symfony.
     * @param string|null $session the name that the application itself gives to its session by `session_name()`. Null: it keeps the name of
     *     PHP's settings. The drop-in keeps the values of such a session apart.
     * @throws InvalidArgumentException if MOOR_CONFIRM_KEYS has another form.
     */
    public static function answer(string $from, ?callable $principal = null, ?string $bag = null, ?string $session = null): void
    {
        header('Cache-Control: no-store');
        try {
            $method = (string) ($_SERVER['REQUEST_METHOD'] ?? '');
            // Attributes are too long for a header.
            $text = $method === 'PUT' ? file_get_contents('php://input') : ($_SERVER['HTTP_MOOR_ADOPT'] ?? '');
            $issuer = rtrim(self::variable('MOOR_ISSUER'), '/');
            $readers = preg_split('~[\s,]+~', self::variable('MOOR_READER_ISSUERS'), -1, PREG_SPLIT_NO_EMPTY);
            $readers = array_map(static function (string $reader): string {
                return rtrim($reader, '/');
            }, $readers);
            $question = Question::open((string) $text, $method, self::variable('MOOR_CONFIRM_KEYS'), $from, $issuer, time(), $readers);
        } catch (DomainException $refused) {
            http_response_code(403);
            header('Content-Type: text/plain');
            echo 'moor-adopt: ', $refused->getMessage();
            return;
        }
        if ($question->isForbidden()) {
            self::send($question, 403, []);
            return;
        }
        $names = new Names($session ?? (string) session_name(), $session === null, $bag);
        if ($session !== null) {
            session_name($session);
        }
        $id = $method === 'GET' ? ($_COOKIE[session_name()] ?? '') : $question->id();
        $isOpen = is_string($id) && self::open($id);
        $told = null;
        if ($method === 'DELETE') {
            // A session that is not there has ended as well.
            $isOpen && session_destroy();
            $told = [];
        } elseif ($method === 'PUT') {
            $told = $isOpen ? self::bringBack($names, $question) : null;
        } elseif ($isOpen) {
            $told = self::read($names, $id, $principal, $question->mostBytes());
        }
        self::send($question, $told === null ? 401 : 200, $told ?? []);
    }

    /** @param array<string, mixed> $claims */
    private static function send(Question $question, int $status, array $claims): void
    {
        http_response_code($status);
        header('Content-Type: application/jwt');
        echo $question->answer($status, $claims);
    }

    /** Opens a session that the application has. An id that it does not know founds none, and no cookie is sent. */
    private static function open(string $id): bool
    {
        if (preg_match('~^[A-Za-z0-9,-]{22,256}$~D', $id) !== 1) {
            return false;
        }
        ini_set('session.use_strict_mode', '1');
        ini_set('session.use_cookies', '0');
        ini_set('session.use_only_cookies', '0');
        ini_set('session.use_trans_sid', '0');
        ini_set('session.cache_limiter', '');
        session_id($id);
        session_start();
        if (session_id() === $id) {
            return true;
        }
        session_destroy();
        return false;
    }

    /** @return array<string, mixed>|null null: the session holds nothing. */
    private static function read(Names $names, string $id, ?callable $principal, int $mostBytes): ?array
    {
        $values = $_SESSION;
        $user = $principal === null ? null : $principal();
        session_abort();
        unset($values[self::VERSION]);
        if ($values === [] && $user === null) {
            return null;
        }
        $attributes = array_map([Value::class, 'toJson'], $names->attributesOf($values));
        // The drop-in keeps the session's id there, so the browser keeps its cookie, and the way back stays open.
        $attributes[$names->id()] = $id;
        // Moor counts the bytes of JSON in which only those characters are escaped that must be.
        $json = json_encode($attributes, JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_LINE_TERMINATORS | JSON_UNESCAPED_SLASHES);
        $isTooLarge = strlen((string) $json) > $mostBytes;
        $bits = strlen($id) * (int) (ini_get('session.sid_bits_per_character') ?: 4);
        return ($bits >= self::LEAST_RANDOM_BITS ? ['id' => $id] : [])
            + ($user === null ? [] : ['principal' => (string) $user])
            + ($isTooLarge ? ['tooLarge' => true] : ['attributes' => $attributes])
            + ['expiresAt' => time() + (int) ini_get('session.gc_maxlifetime')];
    }

    /**
     * Gives the open session the values that it has at Moor, unless it has them already.
     *
     * @return array<string, mixed>
     */
    private static function bringBack(Names $names, Question $question): array
    {
        if (($_SESSION[self::VERSION] ?? 0) >= $question->version()) {
            session_abort();
            return [];
        }
        $own = array_filter($question->attributes(), [$names, 'isOwn'], ARRAY_FILTER_USE_KEY);
        $_SESSION = unserialize($names->joined(array_map([Value::class, 'serialized'], $own)));
        $_SESSION[self::VERSION] = $question->version();
        session_write_close();
        return [];
    }

    private static function variable(string $name): string
    {
        $value = getenv($name);
        return (string) ($value === false ? ($_SERVER[$name] ?? '') : $value);
    }
}
