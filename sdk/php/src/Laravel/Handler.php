<?php

declare(strict_types=1);

namespace Moor\Session\Laravel;

use Moor\Session\Exchange;
use Moor\Session\MoorError;
use Moor\Session\NamedSession;
use Moor\Session\Names;
use Moor\Session\Settings;
use Symfony\Component\HttpKernel\Exception\HttpException;

/**
 * The session driver `moor` of Laravel. Laravel reads the session once for each request, and writes it before the response leaves.
 *
 * Laravel makes the ids of sessions, and does not ask whether an id is stored. So the session follows Moor's token, and a new id of Laravel's
 * is a rotation.
 */
final class Handler implements \SessionHandlerInterface
{
    /** @var Settings */
    private $settings;
    /** @var callable(): ?string */
    private $handoff;
    /** @var Exchange|null */
    private $exchange;
    /** @var NamedSession|null */
    private $session;
    /** @var string|null */
    private $id;

    /** @param callable(): ?string $handoff the `Moor-Session` header of the request that is under way; null if it has none. */
    public function __construct(Settings $settings, callable $handoff)
    {
        $this->settings = $settings;
        $this->handoff = $handoff;
    }

    /** The session of the request that is under way; null if it has not used its session. */
    public function exchange(): ?Exchange
    {
        return $this->exchange;
    }

    #[\ReturnTypeWillChange]
    public function open($path, $name)
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function close()
    {
        return true;
    }

    #[\ReturnTypeWillChange]
    public function read($id)
    {
        try {
            $this->exchange = Exchange::begin(($this->handoff)(), $this->settings);
        } catch (MoorError $fault) {
            throw new HttpException($fault->status(), $fault->getMessage(), $fault);
        }
        $this->session = new NamedSession($this->exchange, new Names('laravel', true, null));
        $this->id = $id;
        return $this->session->read();
    }

    #[\ReturnTypeWillChange]
    public function write($id, $data)
    {
        // Laravel itself has serialized these values just now.
        $values = unserialize($data);
        if ($this->session === null || !is_array($values)) {
            throw new \LogicException('moor-session: read the session before it is written, and keep session.serialization at "php"');
        }
        if ($id !== $this->id) {
            $this->exchange->rotate();
        }
        $this->session->write($id, $values);
        // A streamed response saves its session once more, after its headers.
        if ($this->exchange->hasSentHeaders() && $this->exchange->hasHandoff() && $this->exchange->isChanged()) {
            $this->exchange->sendByApi();
        }
        return true;
    }

    #[\ReturnTypeWillChange]
    public function destroy($id)
    {
        if ($this->session !== null) {
            $this->session->clear();
            $this->exchange->destroy();
        }
        return true;
    }

    #[\ReturnTypeWillChange]
    public function gc($seconds)
    {
        return 0;
    }
}
