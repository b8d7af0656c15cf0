<?php

/** A notebook on Laravel (Debian: php-laravel-framework), as its documentation writes one: guards, tokens of forms, flashed messages. */

declare(strict_types=1);

use App\Http\Middleware\TrustProxies;
use Illuminate\Auth\GenericUser;
use Illuminate\Config\Repository;
use Illuminate\Contracts\Auth\Authenticatable;
use Illuminate\Contracts\Auth\UserProvider;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel as KernelContract;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\BootProviders;
use Illuminate\Foundation\Bootstrap\RegisterFacades;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Exceptions\Handler;
use Illuminate\Foundation\Http\Kernel;
use Illuminate\Foundation\Http\Middleware\VerifyCsrfToken;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Illuminate\Session\Middleware\StartSession;
use Symfony\Component\HttpKernel\Exception\HttpExceptionInterface;

require 'Illuminate/autoload.php';
require getenv('MOOR_PHP') . '/autoload.php';
require getenv('PROJECT') . '/app/Http/Middleware/TrustProxies.php';

final class NotebookKernel extends Kernel
{
    protected $bootstrappers = [RegisterFacades::class, RegisterProviders::class, BootProviders::class];
    protected $middleware = [TrustProxies::class];
    protected $middlewareGroups = ['web' => [EncryptCookies::class, StartSession::class, VerifyCsrfToken::class]];
    protected $routeMiddleware = ['auth' => Illuminate\Auth\Middleware\Authenticate::class];
}

/** Shows faults without Laravel's pages, which need translations. */
final class PlainFaults extends Handler
{
    protected function renderHttpException(HttpExceptionInterface $fault)
    {
        return new Response($fault->getMessage(), $fault->getStatusCode());
    }
}

/** The only user. */
final class OneUser implements UserProvider
{
    public function retrieveById($id)
    {
        return $id === 'alice' ? new GenericUser(['id' => 'alice', 'remember_token' => '']) : null;
    }

    public function retrieveByToken($id, $token)
    {
        return null;
    }

    public function updateRememberToken(Authenticatable $user, $token)
    {
    }

    public function retrieveByCredentials(array $credentials)
    {
        return $this->retrieveById($credentials['user'] ?? '');
    }

    public function validateCredentials(Authenticatable $user, array $credentials)
    {
        return hash_equals('of alice', $credentials['password'] ?? '');
    }
}

$app = new Application(getenv('PROJECT'));
$app->instance('config', new Repository([
    'app' => [
        'env' => 'production', 'debug' => false, 'key' => str_repeat('k', 32), 'cipher' => 'AES-256-CBC', 'aliases' => [],
        'providers' => [
            Illuminate\Auth\AuthServiceProvider::class,
            Illuminate\Cookie\CookieServiceProvider::class,
            Illuminate\Encryption\EncryptionServiceProvider::class,
            Illuminate\Filesystem\FilesystemServiceProvider::class,
            Illuminate\Foundation\Providers\FoundationServiceProvider::class,
            Illuminate\Session\SessionServiceProvider::class,
            Illuminate\View\ViewServiceProvider::class,
            Moor\Session\Laravel\ServiceProvider::class,
        ],
    ],
    'auth' => [
        'defaults' => ['guard' => 'web'],
        'guards' => ['web' => ['driver' => 'session', 'provider' => 'users']],
        'providers' => ['users' => ['driver' => 'one']],
    ],
    'logging' => ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]],
    'session' => [
        'driver' => getenv('SESSION_DRIVER'), 'cookie' => 'laravel_session', 'lifetime' => 120, 'expire_on_close' => false,
        'files' => getenv('TMPDIR'), 'path' => '/', 'domain' => null, 'secure' => null, 'http_only' => true, 'same_site' => 'lax',
        'lottery' => [0, 100], 'encrypt' => false,
    ],
    'view' => ['paths' => [], 'compiled' => getenv('TMPDIR')],
]));
$app->singleton(KernelContract::class, NotebookKernel::class);
$app->singleton(ExceptionHandler::class, PlainFaults::class);
$app->booted(fn () => $app['auth']->provider('one', fn () => new OneUser()));

$form = function (string $action, string $fields): string {
    return '<form method="post" action="' . e(route($action)) . '">' . csrf_field() . "$fields</form>";
};
$app['router']->middleware('web')->group(function ($router) use ($form) {
    $router->get('/login', fn () => $form('login', '<input name="user"><input name="password" type="password">'))->name('login');
    $router->post('/login', function (Request $request) {
        if (!auth()->attempt($request->only('user', 'password'))) {
            return redirect()->route('login');
        }
        $request->session()->regenerate();
        return redirect()->intended(route('notes'));
    });
    $router->middleware('auth')->group(function ($router) use ($form) {
        $router->get('/', function (Request $request) use ($form) {
            $notes = array_map('e', $request->session()->get('notes', []));
            $message = e($request->session()->get('message', ''));
            $forms = $form('write', '<input name="note">') . $form('logout', '<input name="leave" type="hidden">');
            return '<h1>Notes of ' . e(auth()->id()) . "</h1><p>$message</p><p>" . implode('<br>', $notes) . "</p>$forms";
        })->name('notes');
        $router->post('/notes', function (Request $request) {
            $request->session()->push('notes', $request->input('note'));
            return redirect()->route('notes')->with('message', 'The note is stored.');
        })->name('write');
        $router->post('/logout', function (Request $request) {
            auth()->logout();
            $request->session()->invalidate();
            return redirect()->route('login');
        })->name('logout');
    });
});
// As Laravel's RouteServiceProvider does after it has read the routes.
$app['router']->getRoutes()->refreshNameLookups();

$kernel = $app->make(KernelContract::class);
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
