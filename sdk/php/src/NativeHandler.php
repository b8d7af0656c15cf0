<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * Keeps `$_SESSION` in Moor. Changes leave with the response's headers; changes that are made later are stored when PHP writes the session.
 *
 * PHP calls a handler in strict mode as follows: `open`, `validateId` for the id of a cookie, `create_sid` for a missing or refused id, `read`,
 * and at the end `write`, or `updateTimestamp` if nothing has changed since `read`. `session_regenerate_id` calls `write` or
 * `destroy` for the old id, and then `create_sid` and `read`.
 */
final class NativeHandler implements \SessionHandlerInterface, \SessionIdInterface, \SessionUpdateTimestampHandlerInterface
{
    /** @var Settings */
    private $settings;
    /** @var string */
    private $defaultName;
    /** @var Exchange|null null until a session is started. */
    private $exchange;
    /** @var NamedSession|null the session that is open. */
    private $session;
    /** @var string|null the id of the session that was read last; null: none was. */
    private $id;
    /** @var bool whether the request has failed, so that nothing of it counts. */
    private $failed = false;

    /** The name of the session whose values are attributes of the same name is PHP's `session.name` at this moment. */
    public function __construct(Settings $settings)
    {
        $this->settings = $settings;
        $this->defaultName = (string) session_name();
    }

    /**
     * Makes this the handler of `$_SESSION`, in PHP's strict mode. Call it before the session is started.
     */
    public function register(): void
    {
        ini_set('session.use_strict_mode', '1');
        ini_set('session.serialize_handler', 'php_serialize');
        session_set_save_handler($this, true);
        header_register_callback(function (): void {
            $this->sendByHeaders();
        });
    }

    /**
     * The session of this request, for a login or for its principal.
     *
     * @throws MoorError `handoff-refused`, `keys-unavailable`, `session-unavailable`.
     */
    public function exchange(): Exchange
    {
        if ($this->exchange === null) {
            $this->exchange = Exchange::begin($_SERVER['HTTP_MOOR_SESSION'] ?? null, $this->settings);
        }
        return $this->exchange;
    }

    #[\ReturnTypeWillChange]
    public function open($path, $name)
    {
        try {
            $this->session = new NamedSession($this->exchange(), $name, $name === $this->defaultName);
        } catch (MoorError $fault) {
            $this->refuse($fault);
        }
        return true;
    }

    #[\ReturnTypeWillChange]
    public function close()
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function validateId($id)
    {
        return $this->session->id() === $id;
    }

    #[\ReturnTypeWillChange]
    public function create_sid()
    {
        $known = $this->session->id();
        // A visitor without PHP's cookie keeps the session that Moor's token leads to. An id in place of the id that was read is a new one.
        return $known !== null && $this->id === null ? $known : bin2hex(random_bytes(20));
    }

    #[\ReturnTypeWillChange]
    public function read($id)
    {
        if ($this->id !== null && $this->id !== $id) {
            $this->exchange->rotate();
        }
        $this->id = $id;
        return $this->session->read();
    }

    #[\ReturnTypeWillChange]
    public function write($id, $data)
    {
        return $this->keep($id);
    }

    #[\ReturnTypeWillChange]
    public function updateTimestamp($id, $data)
    {
        // Changes may have left with the headers and been taken back since, so the session is compared once more.
        return $this->keep($id);
    }

    #[\ReturnTypeWillChange]
    public function destroy($id)
    {
        $this->session->clear();
        $this->exchange->destroy();
        return $this->storeIfLate();
    }

    #[\ReturnTypeWillChange]
    public function gc($seconds)
    {
        return 0;
    }

    private function keep(string $id): bool
    {
        if ($this->failed) {
            return true;
        }
        $this->session->write($id, $_SESSION ?? []);
        return $this->storeIfLate();
    }

    /** Before the headers are sent there is nothing to do: they will carry the change. */
    private function storeIfLate(): bool
    {
        if (!headers_sent() || !$this->exchange->isChanged()) {
            return true;
        }
        try {
            $this->checkHandoff();
            if ($this->exchange->hasHandoff()) {
                $this->exchange->sendByApi();
            }
            return true;
        } catch (MoorError $fault) {
            error_log($fault->getMessage());
            return false;
        }
    }

    private function sendByHeaders(): void
    {
        if ($this->exchange === null || $this->failed) {
            return;
        }
        try {
            if (session_status() === PHP_SESSION_ACTIVE && $this->session !== null) {
                $this->session->write((string) session_id(), $_SESSION ?? []);
            }
            if ($this->exchange->isChanged()) {
                $this->checkHandoff();
            }
            $this->exchange->sendByHeaders();
        } catch (MoorError $fault) {
            // A change that cannot be stored must not look like a success.
            $this->failed = true;
            http_response_code($fault->status());
            error_log($fault->getMessage());
        }
        $this->exchange->headersAreSent();
    }

    private function checkHandoff(): void
    {
        if (!$this->exchange->hasHandoff()) {
            $path = parse_url($_SERVER['REQUEST_URI'] ?? '', PHP_URL_PATH);
            error_log('moor-session: a change is dropped, because the request came without a handoff: ' . json_encode($path));
        }
    }

    /** Answers in place of the application, which must not take an unknown session for an empty session. */
    private function refuse(MoorError $fault): void
    {
        error_log($fault->getMessage());
        $this->failed = true;
        if (headers_sent()) {
            throw $fault;
        }
        http_response_code($fault->status());
        header('Content-Type: text/plain; charset=utf-8');
        header('Cache-Control: no-store');
        if ($fault->status() === 503) {
            header('Retry-After: 5');
        }
        echo $fault->status() === 403 ? "This request did not come through Moor.\n" : "The session cannot be reached just now.\n";
        exit;
    }
}
