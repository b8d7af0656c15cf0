<?php

declare(strict_types=1);

namespace Moor\Session;

/** The session API for the session of one request, which its handoff authorises. */
final class Api
{
    private const PATH = '/.moor/session';

    /** @var Http */
    private $http;
    /** @var string */
    private $jwt;

    public function __construct(Http $http, string $jwt)
    {
        $this->http = $http;
        $this->jwt = $jwt;
    }

    /**
     * @return array<array-key, mixed> the attributes as they are now.
     * @throws MoorError `session-unavailable`.
     */
    public function attributes(): array
    {
        return $this->ask('GET')['attributes'];
    }

    /**
     * Merges into the attributes.
     *
     * @param string $patch a merge patch, JSON.
     * @return int the version that the session has now.
     * @throws MoorError `session-unavailable`, `change-refused`.
     */
    public function patch(string $patch): int
    {
        return $this->ask('PATCH', $patch)['version'];
    }

    /**
     * Ends the session for good.
     *
     * @throws MoorError `session-unavailable`, `change-refused`.
     */
    public function end(): void
    {
        $this->answer('DELETE', null);
    }

    /** @return array{version: int, attributes: array} */
    private function ask(string $method, ?string $body = null): array
    {
        $session = json_decode($this->answer($method, $body), true);
        if (!is_array($session) || !is_int($session['version'] ?? null) || !is_array($session['attributes'] ?? null)) {
            throw new MoorError(MoorError::SESSION_UNAVAILABLE, "the session API answers $method with no session");
        }
        return $session;
    }

    private function answer(string $method, ?string $body): string
    {
        $headers = ["Authorization: Bearer $this->jwt"];
        if ($body !== null) {
            $headers[] = 'Content-Type: application/merge-patch+json';
        }
        $answer = $this->http->ask($method, self::PATH, $headers, $body);
        $status = $answer === null ? 0 : $answer['status'];
        if ($status === 200 || $status === 204) {
            return $answer['body'];
        }
        // A session that has ended or was rotated meanwhile cannot be shown. The visitor's next request has another one.
        $isRefused = $method !== 'GET' && $status >= 400 && $status < 500;
        $reason = $isRefused ? MoorError::CHANGE_REFUSED : MoorError::SESSION_UNAVAILABLE;
        $code = $answer === null ? null : (json_decode($answer['body'], true)['code'] ?? null);
        $named = is_string($code) && preg_match('~^\w{1,40}$~D', $code) === 1 ? ", $code" : '';
        $what = $status === 0 ? 'does not answer' : "answers $status$named to";
        throw new MoorError($reason, "the session API $what $method");
    }
}
