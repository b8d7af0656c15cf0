<?php

/** A notebook on Symfony (Debian: php-symfony-security-bundle), as its documentation writes one: a firewall, tokens of forms, flashes. */

declare(strict_types=1);

use Symfony\Bundle\FrameworkBundle\FrameworkBundle;
use Symfony\Bundle\FrameworkBundle\Kernel\MicroKernelTrait;
use Symfony\Bundle\SecurityBundle\SecurityBundle;
use Symfony\Component\DependencyInjection\Loader\Configurator\ContainerConfigurator;
use Symfony\Component\HttpFoundation\RedirectResponse;
use Symfony\Component\HttpFoundation\Request;
use Symfony\Component\HttpFoundation\RequestStack;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpKernel\Kernel;
use Symfony\Component\Routing\Generator\UrlGeneratorInterface;
use Symfony\Component\Routing\Loader\Configurator\RoutingConfigurator;
use Symfony\Component\Security\Core\Security;
use Symfony\Component\Security\Csrf\CsrfToken;
use Symfony\Component\Security\Csrf\CsrfTokenManagerInterface;

require 'Symfony/Bundle/FrameworkBundle/autoload.php';
require 'Symfony/Bundle/SecurityBundle/autoload.php';
require 'Symfony/Component/Yaml/autoload.php';
require getenv('MOOR_PHP') . '/autoload.php';

final class Notebook extends Kernel
{
    use MicroKernelTrait;

    public function registerBundles(): iterable
    {
        return [new FrameworkBundle(), new SecurityBundle()];
    }

    public function getProjectDir(): string
    {
        return getenv('PROJECT');
    }

    public function getCacheDir(): string
    {
        return getenv('TMPDIR') . '/cache';
    }

    public function getLogDir(): string
    {
        return getenv('TMPDIR') . '/log';
    }

    private function configureContainer(ContainerConfigurator $container): void
    {
        $container->import(getenv('PROJECT') . '/config/packages/*.yaml');
        $container->import(getenv('PROJECT') . '/config/services.yaml');
        $container->extension('framework', ['secret' => 'of the tests alone', 'csrf_protection' => true]);
        $container->extension('security', [
            'enable_authenticator_manager' => true,
            'password_hashers' => ['Symfony\Component\Security\Core\User\InMemoryUser' => 'plaintext'],
            'providers' => ['users' => ['memory' => ['users' => ['alice' => ['password' => 'of alice', 'roles' => ['ROLE_USER']]]]]],
            'firewalls' => ['main' => [
                'form_login' => [
                    'login_path' => '/login', 'check_path' => '/login', 'enable_csrf' => true,
                    'username_parameter' => 'user', 'password_parameter' => 'password',
                ],
                'logout' => ['path' => '/logout', 'target' => '/login'],
            ]],
            'access_control' => [
                ['path' => '^/login', 'roles' => 'PUBLIC_ACCESS'],
                ['path' => '^/', 'roles' => 'IS_AUTHENTICATED_FULLY'],
            ],
        ]);
        $container->services()->set(Pages::class, Pages::class)->public()->autowire();
    }

    private function configureRoutes(RoutingConfigurator $routes): void
    {
        $routes->add('login', '/login')->controller([Pages::class, 'login']);
        $routes->add('notes', '/')->controller([Pages::class, 'show']);
        $routes->add('write', '/notes')->controller([Pages::class, 'write']);
        $routes->add('logout', '/logout');
    }
}

final class Pages
{
    private RequestStack $requests;
    private CsrfTokenManagerInterface $tokens;
    private Security $security;
    private UrlGeneratorInterface $addresses;

    public function __construct(RequestStack $requests, CsrfTokenManagerInterface $tokens, Security $security, UrlGeneratorInterface $addresses)
    {
        [$this->requests, $this->tokens, $this->security, $this->addresses] = [$requests, $tokens, $security, $addresses];
    }

    public function login(): Response
    {
        $fault = $this->requests->getSession()->get(Security::AUTHENTICATION_ERROR);
        $message = $fault === null ? '' : htmlspecialchars($fault->getMessageKey());
        return new Response($message . $this->form('login', 'authenticate', '<input name="user"><input name="password" type="password">'));
    }

    public function show(): Response
    {
        $session = $this->requests->getSession();
        $name = htmlspecialchars($this->security->getUser()->getUserIdentifier());
        $lines = array_map('htmlspecialchars', [...$session->getFlashBag()->get('message'), ...$session->get('notes', [])]);
        $forms = $this->form('write', 'notes', '<input name="note">')
            . $this->form('logout', 'logout', '<input type="hidden" name="leave">');
        return new Response("<h1>Notes of $name</h1>" . implode('<br>', $lines) . $forms);
    }

    public function write(Request $request): Response
    {
        if (!$this->tokens->isTokenValid(new CsrfToken('notes', (string) $request->request->get('_csrf_token')))) {
            return new Response('This form is not of your session.', 403);
        }
        $session = $this->requests->getSession();
        $session->set('notes', [...$session->get('notes', []), (string) $request->request->get('note')]);
        $session->getFlashBag()->add('message', 'The note is stored.');
        return new RedirectResponse($this->addresses->generate('notes', [], UrlGeneratorInterface::ABSOLUTE_URL));
    }

    private function form(string $route, string $id, string $fields): string
    {
        $action = htmlspecialchars($this->addresses->generate($route, [], UrlGeneratorInterface::ABSOLUTE_URL));
        $token = htmlspecialchars($this->tokens->getToken($id)->getValue());
        return "<form method=\"post\" action=\"$action\"><input type=\"hidden\" name=\"_csrf_token\" value=\"$token\">$fields</form>";
    }
}

$kernel = new Notebook('prod', false);
$request = Request::createFromGlobals();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
