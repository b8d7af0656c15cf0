<?php

declare(strict_types=1);

namespace Moor\Session;

/** Every fault that the drop-in reports. Its message holds no value of a session and no token. */
final class MoorError extends \RuntimeException
{
    /** The handoff breaks a rule: it was not made by this Moor, for this pool, for now. */
    public const HANDOFF_REFUSED = 'handoff-refused';
    /** Moor's public keys cannot be read. */
    public const KEYS_UNAVAILABLE = 'keys-unavailable';
    /** The session API did not answer. Whether it did the work is unknown. */
    public const SESSION_UNAVAILABLE = 'session-unavailable';
    /** The session API refused the change. */
    public const CHANGE_REFUSED = 'change-refused';
    /** The change is more than a response may carry. */
    public const CHANGE_TOO_LARGE = 'change-too-large';
    /** The change cannot be expressed: a name that is not UTF-8, or a user's id that is empty or too long. */
    public const CHANGE_MALFORMED = 'change-malformed';

    private const STATUS = [
        self::HANDOFF_REFUSED => 403,
        self::KEYS_UNAVAILABLE => 503,
        self::SESSION_UNAVAILABLE => 503,
    ];

    /** @var string */
    private $reason;

    public function __construct(string $reason, string $message, ?\Throwable $previous = null)
    {
        parent::__construct("moor-session: $message", 0, $previous);
        $this->reason = $reason;
    }

    /** One of the constants of this class. */
    public function reason(): string
    {
        return $this->reason;
    }

    /** The status of the response to a request that fails by this error. */
    public function status(): int
    {
        return self::STATUS[$this->reason] ?? 500;
    }
}
