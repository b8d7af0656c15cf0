<?php

declare(strict_types=1);

namespace Moor\Session;

/**
 * The session of one request: the attributes that Moor has shown, the attributes that the application wants, and the headers that bring the
 * one to the other. docs/reference/drop-in.md has the rules.
 *
 * Attributes are JSON values, as `json_decode` makes arrays of them. `Names` has their names.
 */
final class Exchange
{
    /** nginx in front of PHP refuses a response with more bytes of headers by default. */
    private const HEADER_BYTES = 4096;
    /** Moor refuses more. */
    private const MOST_PATCH_BYTES = 16384;
    private const MOST_PRINCIPAL_BYTES = 256;
    /** The names of all headers that `headers` may return. */
    public const HEADERS = ['Moor-Patch', 'Moor-Principal', 'Moor-Rotate', 'Moor-End', 'Moor-Version'];

    /** @var Handoff|null null: the request came without a handoff. */
    private $handoff;
    /** @var Api|null */
    private $api;
    /** @var array<array-key, mixed> */
    private $stored;
    /** @var array<array-key, mixed> */
    private $wanted;
    /** @var bool */
    private $rotates = false;
    /** @var bool whether the application has destroyed its session. */
    private $destroyed = false;
    /** @var string|null the user of a login in this request. */
    private $principal;
    /** @var string|null the same in visible ASCII. */
    private $encodedPrincipal;
    /** @var bool */
    private $hasSentHeaders = false;
    /** @var bool whether the headers that are gone have rotated the session. */
    private $rotated = false;
    /** @var int|null the newest version that the session API has told. */
    private $version;

    private function __construct(?Handoff $handoff, ?Api $api)
    {
        $this->handoff = $handoff;
        $this->api = $api;
        $attributes = $handoff === null ? [] : $handoff->attributes();
        $this->stored = $attributes ?? $api->attributes();
        $this->wanted = $this->stored;
    }

    /**
     * @param string|null $jwt the request's `Moor-Session`; null if it has no such header.
     * @throws MoorError `handoff-refused`, `keys-unavailable`, and for large sessions `session-unavailable`.
     */
    public static function begin(?string $jwt, Settings $settings): self
    {
        if ($jwt === null) {
            return new self(null, null);
        }
        $http = new Http($settings->moorUrl());
        $keys = new KeySet($http, new KeyCache($settings->moorUrl()), 'time');
        return new self(Handoff::verify($jwt, $settings, $keys, time()), new Api($http, $jwt));
    }

    /** Whether the request came with a handoff. Without one, no change can be stored. */
    public function hasHandoff(): bool
    {
        return $this->handoff !== null;
    }

    /** Whether Moor stores the session already. */
    public function isStored(): bool
    {
        return $this->handoff !== null && $this->handoff->isStored();
    }

    /** The user of the session, as `login` has named them, with a login of this request. */
    public function principal(): ?string
    {
        if ($this->principal !== null) {
            return $this->principal;
        }
        $stored = $this->handoff === null ? null : $this->handoff->principal();
        return $stored === null ? null : rawurldecode($stored);
    }

    /** How the visitor has logged in at a provider; null unless Moor has logged them in. */
    public function providerLogin(): ?ProviderLogin
    {
        return $this->handoff === null ? null : $this->handoff->providerLogin();
    }

    /** @return array<array-key, mixed> with the changes of this request. */
    public function attributes(): array
    {
        return $this->wanted;
    }

    /** @return array<array-key, mixed> as Moor has them, with the changes that it has taken from this request. */
    public function stored(): array
    {
        return $this->stored;
    }

    /** @param array<array-key, mixed> $attributes in place of all. */
    public function want(array $attributes): void
    {
        $this->wanted = $attributes;
    }

    /** Gives the visitor a token of a new generation. */
    public function rotate(): void
    {
        $this->rotates = true;
    }

    /** Records that the application has destroyed its session: without later values the session ends, else it rotates. */
    public function destroy(): void
    {
        $this->rotates = true;
        $this->destroyed = true;
    }

    /**
     * The session belongs to this user from now on, and rotates.
     *
     * @throws MoorError `change-malformed` if the id is empty, or longer than 256 bytes when it is encoded.
     */
    public function login(string $user): void
    {
        $encoded = preg_replace_callback('~[^\x21-\x24\x26-\x7e]~', static function (array $byte): string {
            return rawurlencode($byte[0]);
        }, $user);
        if ($encoded === '' || strlen($encoded) > self::MOST_PRINCIPAL_BYTES) {
            throw new MoorError(MoorError::CHANGE_MALFORMED, 'a user has an id of 1 to 256 bytes');
        }
        $this->principal = $user;
        $this->encodedPrincipal = $encoded;
    }

    /**
     * The headers that bring the changes to Moor, in place of the headers of an earlier call. A large change goes by the session API instead.
     *
     * @param int $otherBytes the length of the response's other headers.
     * @return array<array{string, string}> names and values; a name may come several times.
     * @throws MoorError if the changes cannot be stored.
     */
    public function headers(int $otherBytes): array
    {
        if ($this->handoff === null) {
            return [];
        }
        $headers = $this->headersNow();
        if ($otherBytes + self::bytesOf($headers) > self::HEADER_BYTES && $this->takesCalls() && $this->isChanged()) {
            $this->sendByApi();
            $headers = $this->headersNow();
        }
        return $headers;
    }

    /** The response's headers are gone: from now on only the session API can store changes. */
    public function headersAreSent(): void
    {
        $this->hasSentHeaders = true;
        $this->rotated = $this->rotates || $this->principal !== null;
        $this->stored = $this->wanted;
    }

    /**
     * Stores the changes by the session API.
     *
     * @throws MoorError `session-unavailable`, `change-refused`, `change-malformed`.
     */
    public function sendByApi(): void
    {
        $logsIn = $this->rotated || $this->principal !== null;
        if ($logsIn || !$this->isStored()) {
            $why = $logsIn ? 'a login and its changes go with the headers' : 'the session is not stored yet';
            throw new MoorError(MoorError::CHANGE_REFUSED, "a change after the headers is refused: $why");
        }
        if ($this->ends()) {
            $this->api->end();
        } else {
            foreach (Patch::lines($this->patch()) as $line) {
                $this->version = $this->api->patch($line);
            }
        }
        $this->stored = $this->wanted;
    }

    /** Whether only the session API can store changes. */
    public function hasSentHeaders(): bool
    {
        return $this->hasSentHeaders;
    }

    /** Whether Moor has yet to take a change of attributes, the end of the session, or a login. */
    public function isChanged(): bool
    {
        $logsIn = $this->principal !== null && !$this->rotated;
        return $this->patch() !== [] || $logsIn || ($this->ends() && $this->stored !== []);
    }

    /** The session API does not know a session that is not stored, and takes no changes of a login. */
    private function takesCalls(): bool
    {
        return $this->isStored() && !$this->rotates && $this->principal === null;
    }

    private function ends(): bool
    {
        return $this->destroyed && $this->wanted === [] && $this->principal === null;
    }

    private function patch(): array
    {
        return Patch::between($this->stored, $this->wanted);
    }

    /**
     * @return array<array{string, string}>
     * @throws MoorError `change-too-large`, `change-malformed`.
     */
    private function headersNow(): array
    {
        if ($this->ends()) {
            return $this->isStored() ? [['Moor-End', '1']] : [];
        }
        $headers = [];
        $lines = Patch::lines($this->patch(), self::HEADER_BYTES - strlen('Moor-Patch: '));
        foreach ($lines as $line) {
            $headers[] = ['Moor-Patch', $line];
        }
        // Moor counts the lines as HTTP joins them.
        $bytes = strlen(implode(', ', $lines));
        if ($bytes > self::MOST_PATCH_BYTES && !$this->takesCalls()) {
            throw new MoorError(MoorError::CHANGE_TOO_LARGE, "changes of $bytes bytes; the response carries " . self::MOST_PATCH_BYTES);
        }
        if ($this->encodedPrincipal !== null) {
            $headers[] = ['Moor-Principal', $this->encodedPrincipal];
        }
        // A session that is stored nowhere has no older token.
        if ($this->rotates && ($this->isStored() || $headers !== [])) {
            $headers[] = ['Moor-Rotate', '1'];
        }
        if ($this->version !== null) {
            $headers[] = ['Moor-Version', (string) $this->version];
        }
        return $headers;
    }

    private static function bytesOf(array $headers): int
    {
        $bytes = 0;
        foreach ($headers as [$name, $value]) {
            $bytes += strlen("$name: $value\r\n");
        }
        return $bytes;
    }
}
