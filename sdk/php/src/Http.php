<?php

declare(strict_types=1);

namespace Moor\Session;

/** Calls Moor by PHP's own streams, which need `allow_url_fopen`. */
final class Http
{
    private const TIMEOUT_SECONDS = 5;

    /** @var string */
    private $moorUrl;

    public function __construct(string $moorUrl)
    {
        $this->moorUrl = $moorUrl;
    }

    /**
     * Sends a request. Redirects are not followed, because they could carry the bearer elsewhere.
     *
     * @param string[] $headers
     * @return array{status: int, headers: array<string, string>, body: string}|null null if no whole answer came.
     */
    public function ask(string $method, string $path, array $headers = [], ?string $body = null): ?array
    {
        $options = [
            'method' => $method,
            'header' => array_merge(['Accept: application/json', 'Connection: close'], $headers),
            'protocol_version' => '1.1',
            'timeout' => self::TIMEOUT_SECONDS,
            'follow_location' => 0,
            'ignore_errors' => true,
        ];
        if ($body !== null) {
            $options['content'] = $body;
        }
        // A failure is part of the result. PHP would also write a warning into the page.
        $stream = @fopen($this->moorUrl . $path, 'rb', false, stream_context_create(['http' => $options]));
        if ($stream === false) {
            return null;
        }
        $answer = stream_get_contents($stream);
        $facts = stream_get_meta_data($stream);
        fclose($stream);
        $lines = $facts['wrapper_data'] ?? [];
        $status = preg_match('~^HTTP/\S+ (\d{3})~', (string) ($lines[0] ?? ''), $found) === 1 ? (int) $found[1] : 0;
        if ($answer === false || $facts['timed_out'] || $status === 0) {
            return null;
        }
        return ['status' => $status, 'headers' => self::headersOf(array_slice($lines, 1)), 'body' => $answer];
    }

    /**
     * @param string[] $lines
     * @return array<string, string> by names in lower case.
     */
    private static function headersOf(array $lines): array
    {
        $headers = [];
        foreach ($lines as $line) {
            [$name, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower($name)] = trim($value);
        }
        return $headers;
    }
}
