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
    private const STATUS_LINES = [403 => '403 Forbidden', 500 => '500 Internal Server Error', 503 => '503 Service Unavailable'];

    /** @var Settings */
    private $settings;
    /** @var string|null */
    private $bag;
    /** @var string */
    private $defaultName;
    /** @var Exchange|null null until a session is started. */
    private $exchange;
    /** @var NamedSession|null the session that is open. */
    private $session;
    /** @var string|null */
    private $name;
    /** @var string|null the id that was read last under this name. */
    private $id;
    /** @var int|null the status of a request that has failed, so that nothing of it counts. */
    private $failure;
    /** @var bool */
    private $warned = false;

    /**
     * The default session is the session whose name is PHP's `session.name` at this moment.
     *
     * @param string|null $bag the key of `$_SESSION` under which a framework keeps all values; see `Names`.
     */
    public function __construct(Settings $settings, ?string $bag = null)
    {
        $this->settings = $settings;
        $this->bag = $bag;
        $this->defaultName = (string) session_name();
    }

    /**
     * Makes this the handler of `$_SESSION`.
     *
     * @throws \LogicException if a session is open already.
     */
    public function register(): void
    {
        $this->prepare();
        session_set_save_handler($this, true);
    }

    /**
     * Sets PHP's strict mode and serializer, and the callback by which changes leave with the headers. A framework then makes this the handler by
     * itself.
     *
     * @throws \LogicException if a session is open already.
     */
    public function prepare(): void
    {
        if (session_status() === PHP_SESSION_ACTIVE) {
            throw new \LogicException('moor-session: register before the session is started; session.auto_start must be off');
        }
        ini_set('session.use_strict_mode', '1');
        ini_set('session.serialize_handler', 'php_serialize');
        header_register_callback(function (): void {
            $this->finishHeaders();
        });
    }

    /**
     * The session of this request.
     *
     * @throws MoorError `handoff-refused`, `keys-unavailable`, `session-unavailable`.
     */
    public function exchange(): Exchange
    {
        if ($this->exchange === null) {
            // The headers of a page without text leave so late that PHP loads no class any more.
            array_map('class_exists', [MoorError::class, Patch::class, Value::class]);
            $this->exchange = Exchange::begin($_SERVER['HTTP_MOOR_SESSION'] ?? null, $this->settings);
        }
        return $this->exchange;
    }

    /** @throws MoorError `change-malformed`, and the errors of `exchange`. */
    public function login(string $user): void
    {
        $this->exchange()->login($user);
        $this->send();
    }

    #[\ReturnTypeWillChange]
    public function open($path, $name)
    {
        try {
            $this->session = new NamedSession($this->exchange(), new Names($name, $name === $this->defaultName, $this->bag));
            if ($this->name !== $name) {
                $this->name = $name;
                $this->id = null;
            }
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
            $this->send();
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
        return $this->send();
    }

    #[\ReturnTypeWillChange]
    public function gc($seconds)
    {
        return 0;
    }

    private function keep(string $id): bool
    {
        if ($this->failure !== null) {
            return true;
        }
        $this->session->write($id, $_SESSION ?? []);
        return $this->send();
    }

    /** The headers are about to leave: the values of this moment go with them, also while the session is open. */
    private function finishHeaders(): void
    {
        if ($this->exchange === null || $this->failure !== null) {
            $this->showFailure();
            return;
        }
        try {
            if (session_status() === PHP_SESSION_ACTIVE && $this->session !== null) {
                $this->session->write((string) session_id(), $_SESSION ?? []);
            }
            $this->sendByHeaders();
        } catch (\Throwable $fault) {
            $this->fail($fault);
        }
        $this->exchange->headersAreSent();
    }

    /**
     * Sends the changes until now, by the headers while there are any. They may change once more, and then replace these headers.
     *
     * @return bool whether the changes are on their way.
     */
    private function send(): bool
    {
        try {
            if (!headers_sent()) {
                $this->sendByHeaders();
            } elseif ($this->exchange->isChanged() && !$this->isDropped()) {
                $this->exchange->sendByApi();
            }
            return true;
        } catch (MoorError $fault) {
            $this->fail($fault);
            return false;
        }
    }

    private function sendByHeaders(): void
    {
        array_map('header_remove', Exchange::HEADERS);
        if ($this->isDropped()) {
            return;
        }
        $others = strlen(implode("\r\n", headers_list()));
        foreach ($this->exchange->headers($others) as [$name, $value]) {
            header("$name: $value", false);
        }
    }

    /** Whether the changes cannot be stored, because the request came without a handoff. The log has a line about it. */
    private function isDropped(): bool
    {
        if ($this->exchange->hasHandoff()) {
            return false;
        }
        if ($this->exchange->isChanged() && !$this->warned) {
            $this->warned = true;
            $path = parse_url($_SERVER['REQUEST_URI'] ?? '', PHP_URL_PATH);
            error_log('moor-session: a change is dropped, because the request has no handoff: ' . json_encode($path));
        }
        return true;
    }

    /** A change that cannot be stored must not look like a success. */
    private function fail(\Throwable $fault): void
    {
        $this->failure = $fault instanceof MoorError ? $fault->status() : 500;
        error_log($fault instanceof MoorError ? $fault->getMessage() : 'moor-session: a value throws ' . get_class($fault));
        $this->showFailure();
    }

    private function showFailure(): void
    {
        if ($this->failure !== null && !headers_sent()) {
            array_map('header_remove', Exchange::HEADERS);
            // A status line of the application's own would outlive http_response_code().
            header(($_SERVER['SERVER_PROTOCOL'] ?? 'HTTP/1.1') . ' ' . self::STATUS_LINES[$this->failure], true, $this->failure);
        }
    }

    /** Answers in place of the application, which must not take an unknown session for an empty session. */
    private function refuse(MoorError $fault): void
    {
        $this->fail($fault);
        if (headers_sent()) {
            throw $fault;
        }
        header('Content-Type: text/plain; charset=utf-8');
        header('Cache-Control: no-store');
        if ($fault->status() === 503) {
            header('Retry-After: 5');
        }
        echo $fault->status() === 403 ? "This request did not come through Moor.\n" : "The session cannot be reached just now.\n";
        exit;
    }
}
