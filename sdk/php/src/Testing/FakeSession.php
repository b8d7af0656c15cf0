<?php

declare(strict_types=1);

namespace Moor\Session\Testing;

/** The session of a `FakeMoor`. */
final class FakeSession
{
    /** @var string|null null: it is not stored. */
    private $id;
    /** @var int */
    private $version = 0;
    /** @var int */
    private $generation = 0;
    /** @var string|null */
    private $principal;
    /** @var \stdClass */
    private $attributes;

    private function __construct()
    {
        $this->attributes = new \stdClass();
    }

    public static function fresh(): self
    {
        return new self();
    }

    public static function fromFile(string $file): self
    {
        $session = new self();
        $stored = json_decode((string) file_get_contents($file));
        $session->id = $stored->id;
        $session->version = $stored->version;
        $session->generation = $stored->generation;
        $session->principal = $stored->principal;
        $session->attributes = $stored->attributes;
        return $session;
    }

    public function toFile(string $file): void
    {
        file_put_contents($file, json_encode($this->answer()));
    }

    /** @return array<string, mixed> the session as the session API answers with it. */
    public function answer(): array
    {
        return [
            'id' => $this->id,
            'generation' => $this->generation,
            'version' => $this->version,
            'principal' => $this->principal,
            'attributes' => $this->attributes,
        ];
    }

    /** @return array<string, mixed> the claims of a handoff. */
    public function claims(): array
    {
        $claims = ['gen' => $this->generation, 'ver' => $this->version];
        if ($this->id === null) {
            return $claims + ['new' => true];
        }
        $user = $this->principal === null ? [] : ['sub' => $this->principal];
        return $claims + $user + ['sid' => $this->id, 'data' => $this->attributes];
    }

    public function isStored(): bool
    {
        return $this->id !== null;
    }

    public function principal(): ?string
    {
        return $this->principal;
    }

    public function attributes(): \stdClass
    {
        return $this->attributes;
    }

    /** The session with these attributes in place of all. */
    public function with(array $attributes): self
    {
        $session = $this->changed();
        $session->attributes = json_decode((string) json_encode((object) $attributes));
        return $session;
    }

    /**
     * The session as a header of a response leaves it.
     *
     * @param string $name in lower case.
     * @throws \UnexpectedValueException for a header that Moor would refuse.
     */
    public function after(string $name, string $value): self
    {
        switch ($name) {
            case 'moor-patch':
                // Clients may join several headers of a name by a comma, which makes them members of a list.
                $patches = json_decode("[$value]");
                if (!is_array($patches) || preg_match('~[^\x20-\x7e]~', $value) === 1) {
                    throw new \UnexpectedValueException('Moor-Patch is not JSON in ASCII');
                }
                $session = $this->changed();
                foreach ($patches as $patch) {
                    $session->attributes = self::merged($session->attributes, $patch);
                }
                return $session;
            case 'moor-principal':
                $session = $this->rotated();
                $session->principal = $value;
                return $session;
            case 'moor-rotate':
                return $this->rotated();
            case 'moor-end':
                return self::fresh();
            case 'moor-version':
                return $this;
            default:
                throw new \UnexpectedValueException("Moor knows no header $name");
        }
    }

    private function rotated(): self
    {
        $session = $this->changed();
        $session->generation++;
        return $session;
    }

    private function changed(): self
    {
        $session = clone $this;
        $session->id = $this->id ?? 'fake-session';
        $session->version++;
        return $session;
    }

    /**
     * RFC 7396.
     *
     * @param mixed $target
     * @param mixed $patch
     * @return mixed
     */
    private static function merged($target, $patch)
    {
        if (!$patch instanceof \stdClass) {
            return $patch;
        }
        $merged = $target instanceof \stdClass ? clone $target : new \stdClass();
        foreach (get_object_vars($patch) as $name => $value) {
            if ($value === null) {
                unset($merged->{$name});
            } else {
                $merged->{$name} = self::merged($merged->{$name} ?? null, $value);
            }
        }
        return $merged;
    }
}
