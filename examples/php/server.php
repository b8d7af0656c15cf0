<?php
/**
 * A basket behind Moor. PHP with phpseclib 3 and APCu (Debian: php-cli, php-phpseclib3, php-apcu):
 * php -d apc.enable_cli=1 -S 127.0.0.1:9001 server.php
 */
declare(strict_types=1);

require 'phpseclib3/autoload.php';

use phpseclib3\Crypt\EC;
use phpseclib3\Math\BigInteger;

const KEYS_SECONDS = 300;
const KEYS_AGAIN_SECONDS = 30;

class Unauthorised extends Exception {}
class MoorUnavailable extends Exception {}

function setting(string $name): string
{
    return getenv($name) ?: throw new LogicException("$name is not set");
}

/** The verified claims of the handoff; `data` is asked of the session API if it was too large to travel. */
function readSession(): array
{
    $handoff = $_SERVER['HTTP_MOOR_SESSION'] ?? '';
    $parts = explode('.', $handoff);
    if (count($parts) !== 3) throw new Unauthorised('no JWT');
    [$header, $payload, $signature] = array_map(base64UrlDecode(...), $parts);
    $header = json_decode($header, true);
    if (($header['alg'] ?? null) !== 'ES256' || !is_string($header['kid'] ?? null)) throw new Unauthorised('not ES256');

    $isSignedBy = fn (?array $key) => $key && isSignature($key, "$parts[0].$parts[1]", $signature);
    if (!$isSignedBy(keyOf($header['kid'])) && !$isSignedBy(keyOf($header['kid'], again: true))) {
        throw new Unauthorised('its signature');
    }

    $session = json_decode($payload, true);
    if ($session['iss'] !== setting('MOOR_ISSUER') || $session['aud'] !== setting('MOOR_AUDIENCE')) {
        throw new Unauthorised('it is meant for another');
    }
    if ($session['exp'] + 5 < time()) throw new Unauthorised('it has expired');
    if (isset($session['sid']) && !isset($session['data'])) {
        $session['data'] = askMoor('/.moor/session', ["Authorization: Bearer $handoff"])['attributes'];
    }
    return $session;
}

function isSignature(array $jwk, string $signed, string $signature): bool
{
    // ES256 is r and s side by side, 32 bytes each (RFC 7518, section 3.4).
    if (strlen($signature) !== 64) return false;
    [$r, $s] = array_map(fn (string $bytes) => new BigInteger($bytes, 256), str_split($signature, 32));
    $key = EC::loadPublicKeyFormat('JWK', json_encode($jwk))->withHash('sha256')->withSignatureFormat('Raw');
    return $key->verify($signed, ['r' => $r, 's' => $s]);
}

/** Moor's public key of a kid, if there is one. All are kept for 5 minutes, and asked for `again` at most every 30 seconds. */
function keyOf(string $kid, bool $again = false): ?array
{
    $known = apcu_fetch('moor-keys');
    if (!$known || ($again && apcu_add('moor-keys-again', true, KEYS_AGAIN_SECONDS))) {
        $known = askMoor('/.moor/jwks.json');
        apcu_store('moor-keys', $known, KEYS_SECONDS);
    }
    return array_column($known['keys'], null, 'kid')[$kid] ?? null;
}

function askMoor(string $path, array $headers = []): array
{
    $url = (getenv('MOOR_URL') ?: setting('MOOR_ISSUER')) . $path;
    $context = stream_context_create(['http' => ['header' => $headers, 'timeout' => 5, 'follow_location' => 0]]);
    $answer = @file_get_contents($url, false, $context) ?: throw new MoorUnavailable($path);
    return json_decode($answer, true);
}

function base64UrlDecode(string $text): string
{
    $bytes = base64_decode(strtr($text, '-_', '+/'), true);
    return $bytes === false ? throw new Unauthorised('no base64url') : $bytes;
}

function seeBasket(string $header): void
{
    header($header);
    header('Location: /', true, 303);
}

try {
    $session = readSession();
    $basket = $session['data']['basket'] ?? [];
    $good = $_POST['good'] ?? '';
    // json_encode escapes what is not ASCII; an array without members must not become [].
    match ($_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        'GET /' => print(json_encode([
            'server' => 'php',
            'user' => isset($session['sub']) ? rawurldecode($session['sub']) : null,
            'basket' => (object) $basket,
        ])),
        'POST /add' => seeBasket('Moor-Patch: ' . json_encode(['basket' => (object) [$good => ($basket[$good] ?? 0) + 1]])),
        'POST /remove' => seeBasket('Moor-Patch: ' . json_encode(['basket' => (object) [$good => null]])),
        'POST /login' => seeBasket('Moor-Principal: ' . rawurlencode($_POST['user'])),
        'POST /logout' => seeBasket('Moor-End: 1'),
        default => http_response_code(400),
    };
} catch (Unauthorised) {
    http_response_code(403);
} catch (MoorUnavailable $cause) {
    error_log("Moor cannot be asked: {$cause->getMessage()}");
    http_response_code(503);
}
