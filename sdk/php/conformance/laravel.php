<?php

/** The conformance application on Laravel (Debian: php-laravel-framework), with no files but this one. */

declare(strict_types=1);

use Illuminate\Auth\Events\Login;
use Illuminate\Auth\GenericUser;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\BootProviders;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Session\Middleware\StartSession;
use Moor\Session\Laravel\ServiceProvider;
use Symfony\Component\HttpFoundation\StreamedResponse;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;

require 'Illuminate/autoload.php';
require __DIR__ . '/../autoload.php';
require __DIR__ . '/natives.php';

/** Answers with the status of a fault, in plain text. */
final class PlainFaults implements ExceptionHandler
{
    public function report(Throwable $fault)
    {
        error_log((string) $fault);
    }

    public function shouldReport(Throwable $fault)
    {
        return true;
    }

    public function render($request, Throwable $fault)
    {
        return new Response($fault->getMessage(), $fault instanceof HttpExceptionInterface ? $fault->getStatusCode() : 500);
    }

    public function renderForConsole($output, Throwable $fault)
    {
    }
}

final class ShortKernel extends Kernel
{
    protected $bootstrappers = [RegisterProviders::class, BootProviders::class];
}

@mkdir(sys_get_temp_dir() . '/bootstrap/cache', 0700, true);
$app = new Application(sys_get_temp_dir());
// bench/drop-ins measures the same pages with their sessions in Redis.
$redisUrl = getenv('REDIS_URL');
$redis = ['host' => parse_url((string) $redisUrl, PHP_URL_HOST), 'port' => parse_url((string) $redisUrl, PHP_URL_PORT), 'database' => 0];
$app->instance('config', new Repository([
    'app' => ['env' => 'production', 'providers' => [
        Illuminate\Cookie\CookieServiceProvider::class,
        Illuminate\Filesystem\FilesystemServiceProvider::class,
        Illuminate\Session\SessionServiceProvider::class,
        ...($redisUrl ? [Illuminate\Cache\CacheServiceProvider::class, Illuminate\Redis\RedisServiceProvider::class] : [ServiceProvider::class]),
    ]],
    'cache' => ['default' => 'redis', 'prefix' => 'app', 'stores' => ['redis' => ['driver' => 'redis', 'connection' => 'default']]],
    'database' => ['redis' => ['client' => 'phpredis', 'default' => $redis]],
    'logging' => ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]],
    'session' => [
        'driver' => $redisUrl ? 'redis' : 'moor', 'connection' => null, 'store' => null, 'cookie' => 'laravel_session', 'lifetime' => 120, 'expire_on_close' => false, 'path' => '/',
        'domain' => null, 'secure' => false, 'http_only' => true, 'same_site' => 'lax', 'lottery' => [0, 100], 'encrypt' => false,
    ],
]));
$app->singleton(KernelContract::class, ShortKernel::class);
$app->singleton(ExceptionHandler::class, PlainFaults::class);

$router = $app['router'];
$done = fn () => new JsonResponse((object) []);
$router->get('/health', $done);
$router->get('/plain', $done);
$router->get('/pid', fn () => new JsonResponse(['pid' => getmypid(), 'name' => getenv('NAME')]));
$router->middleware(StartSession::class)->group(function () use ($router, $done) {
    $router->get('/read', function (Request $request) {
        // The other names are Laravel's own.
        $attributes = array_diff_key($request->session()->all(), ['_token' => 1, '_flash' => 1, '_previous' => 1]);
        return new JsonResponse(['attributes' => (object) $attributes, 'new' => $attributes === []]);
    });
    $router->post('/set', function (Request $request) use ($done) {
        $request->session()->put([$request->query('k') => json_decode($request->getContent(), true)]);
        return $done();
    });
    $router->post('/delete', function (Request $request) use ($done) {
        $request->session()->forget($request->query('k'));
        return $done();
    });
    $router->post('/incr', fn (Request $request) => new JsonResponse(['value' => $request->session()->increment($request->query('k'))]));
    $router->post('/regenerate', function (Request $request) use ($done) {
        $request->session()->regenerate();
        return $done();
    });
    $router->post('/login', function (Request $request) use ($done) {
        // As Laravel's SessionGuard does.
        $request->session()->put('user', $request->query('user'));
        $request->session()->migrate(true);
        event(new Login('web', new GenericUser(['id' => $request->query('user')]), false));
        return $done();
    });
    $router->post('/logout', function (Request $request) use ($done) {
        $request->session()->invalidate();
        return $done();
    });
    $router->post('/clear-and-set', function (Request $request) use ($done) {
        $request->session()->invalidate();
        $request->session()->put($request->query('k'), true);
        return $done();
    });
    $router->post('/late', fn (Request $request) => new StreamedResponse(function () use ($request) {
        echo '{';
        flush();
        $request->session()->put($request->query('k'), true);
        $request->session()->save();
        echo '}';
    }));
    $router->post('/large', function (Request $request) use ($done) {
        $request->session()->put($request->query('k'), str_repeat('x', (int) $request->query('bytes')));
        return $done();
    });
    $router->post('/native', function (Request $request) use ($done) {
        $request->session()->put('native', native($request->query('kind')));
        return $done();
    });
    $router->get('/native', function (Request $request) {
        $equal = serialize($request->session()->get('native')) === serialize(native($request->query('kind')));
        return new JsonResponse(['equal' => $equal]);
    });
    $router->post('/flash', function (Request $request) use ($done) {
        $request->session()->flash('notice', $request->query('m'));
        return $done();
    });
    $router->get('/flash', fn (Request $request) => new JsonResponse(['flash' => $request->session()->get('notice')]));
});

$kernel = $app->make(KernelContract::class);
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
