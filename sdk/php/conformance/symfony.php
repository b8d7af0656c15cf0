<?php

/** The conformance application on Symfony's HttpFoundation (Debian: php-symfony-http-foundation). */

declare(strict_types=1);

use Symfony\Component\HttpFoundation\JsonResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\Session\Session;
use Symfony\Component\HttpFoundation\Session\Storage\Handler\RedisSessionHandler;
use Symfony\Component\HttpFoundation\Session\Storage\MetadataBag;
use Symfony\Component\HttpFoundation\Session\Storage\NativeSessionStorage;
use Symfony\Component\HttpFoundation\StreamedResponse;

require 'Symfony/Component/HttpFoundation/autoload.php';
require __DIR__ . '/../autoload.php';
require __DIR__ . '/natives.php';

$request = Request::createFromGlobals();
$key = (string) $request->query->get('k');
// As framework.session.metadata_update_threshold does; at 0, its default, every request would change its session.
$metadata = new MetadataBag('_sf2_meta', 300);
// bench/drop-ins measures the same pages with their sessions in Redis.
$redisUrl = getenv('REDIS_URL');
if ($redisUrl) {
    $redis = new Redis();
    $redis->connect(parse_url($redisUrl, PHP_URL_HOST), parse_url($redisUrl, PHP_URL_PORT));
}
$handler = $redisUrl ? new RedisSessionHandler($redis) : MoorSession::symfonyHandler();
$storage = new NativeSessionStorage([], $handler, $metadata);
$session = new Session($storage);

$routes = [
    'GET /health' => fn () => [],
    'GET /plain' => fn () => [],
    'GET /pid' => fn () => ['pid' => getmypid(), 'name' => getenv('NAME')],
    'GET /read' => fn () => ['attributes' => (object) $session->all(), 'new' => $session->all() === []],
    'POST /set' => fn () => $session->set($key, json_decode($request->getContent(), true)),
    'POST /delete' => fn () => $session->remove($key),
    'POST /incr' => function () use ($session, $key) {
        $session->set($key, $session->get($key, 0) + 1);
        return ['value' => $session->get($key)];
    },
    'POST /regenerate' => fn () => $session->start() && $session->migrate(),
    'POST /login' => function () use ($session, $request) {
        // As Symfony's SessionAuthenticationStrategy does, in a session that its firewall has started.
        $session->start();
        $session->migrate(true);
        $session->set('user', $request->query->get('user'));
        MoorSession::login($request->query->get('user'));
    },
    'POST /logout' => fn () => $session->start() && $session->invalidate(),
    'POST /clear-and-set' => function () use ($session, $key) {
        $session->start();
        $session->invalidate();
        $session->set($key, true);
    },
    'POST /late' => fn () => $session->start() ? new StreamedResponse(function () use ($session, $key) {
        echo '{';
        flush();
        $session->set($key, true);
        $session->save();
        echo '}';
    }) : [],
    'POST /large' => fn () => $session->set($key, str_repeat('x', $request->query->getInt('bytes'))),
    'POST /native' => fn () => $session->set('native', native($request->query->get('kind'))),
    'GET /native' => fn () => ['equal' => serialize($session->get('native')) === serialize(native($request->query->get('kind')))],
    'POST /flash' => fn () => $session->getFlashBag()->add('notice', $request->query->get('m')),
    'GET /flash' => fn () => ['flash' => $session->getFlashBag()->get('notice')[0] ?? null],
];
$result = $routes[$request->getMethod() . ' ' . $request->getPathInfo()]();
$response = $result instanceof Response ? $result : new JsonResponse(is_array($result) ? $result : []);
// As Symfony's SessionListener does before it sends the response.
if ($session->isStarted() && !$response instanceof StreamedResponse) {
    $session->save();
}
$response->send();
