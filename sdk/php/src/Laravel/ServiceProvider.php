<?php

declare(strict_types=1);

namespace Moor\Session\Laravel;

use Illuminate\Auth\Events\Login;
use Illuminate\Foundation\Http\Events\RequestHandled;
use Moor\Session\Exchange;
use Moor\Session\MoorError;
use Moor\Session\Settings;

/** Adds the session driver `moor` to Laravel: `SESSION_DRIVER=moor`. A login by Laravel's guards becomes Moor's principal. */
final class ServiceProvider extends \Illuminate\Support\ServiceProvider
{
    public function register(): void
    {
        $this->app->singleton(Handler::class, function ($app): Handler {
            return new Handler(Settings::fromEnvironment(), static function () use ($app): ?string {
                return $app['request']->headers->get('Moor-Session');
            });
        });
    }

    public function boot(): void
    {
        if ($this->app['config']['session.driver'] !== 'moor') {
            return;
        }
        $this->app['session']->extend('moor', function ($app): Handler {
            return $app->make(Handler::class);
        });
        $this->app['events']->listen(Login::class, function (Login $event): void {
            $exchange = $this->app->make(Handler::class)->exchange();
            if ($exchange !== null) {
                $exchange->login((string) $event->user->getAuthIdentifier());
            }
        });
        $this->app['events']->listen(RequestHandled::class, function (RequestHandled $event): void {
            $this->send($event);
        });
    }

    private function send(RequestHandled $event): void
    {
        $exchange = $this->app->make(Handler::class)->exchange();
        if ($exchange === null) {
            return;
        }
        if (!$exchange->hasHandoff() && $exchange->isChanged()) {
            $context = ['path' => $event->request->path()];
            $this->app['log']->info('moor-session: a change is dropped, because the request has no handoff', $context);
        }
        $headers = $event->response->headers;
        array_map([$headers, 'remove'], Exchange::HEADERS);
        try {
            foreach ($exchange->headers(strlen((string) $headers)) as [$name, $value]) {
                $headers->set($name, $value, false);
            }
        } catch (MoorError $fault) {
            // A change that cannot be stored must not look like a success.
            $this->app['log']->error($fault->getMessage());
            $event->response->setStatusCode($fault->status());
        }
        $exchange->headersAreSent();
    }
}
