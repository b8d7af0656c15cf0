<?php

declare(strict_types=1);

namespace Moor\Session\Tests;

use PhpParser\Node;
use PhpParser\NodeFinder;
use PhpParser\ParserFactory;
use PHPUnit\Framework\TestCase;

/** The package runs on PHP 7.4, so its files have no syntax of PHP 8. */
final class SyntaxTest extends TestCase
{
    private const TYPES_OF_PHP_8 = ['mixed', 'never', 'static', 'false', 'null'];
    private const FUNCTIONS_OF_PHP_8 = ['str_contains', 'str_starts_with', 'str_ends_with', 'array_is_list', 'get_debug_type', 'array_find'];

    /** @dataProvider files */
    public function testHasNoSyntaxOfPhp8(string $file): void
    {
        self::assertSame([], self::newSyntaxIn((string) file_get_contents($file)));
    }

    public function files(): array
    {
        $source = new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator(__DIR__ . '/../src'));
        $files = [];
        foreach (['MoorSession.php', 'moor-session.php', 'autoload.php'] as $name) {
            $files[$name] = [__DIR__ . "/../$name"];
        }
        foreach (new \RegexIterator($source, '~\.php$~') as $file) {
            $files[$file->getFilename()] = [$file->getPathname()];
        }
        return $files;
    }

    /** @dataProvider newSyntax */
    public function testFindsSyntaxOfPhp8(string $code): void
    {
        self::assertNotSame([], self::newSyntaxIn("<?php $code"));
    }

    public function newSyntax(): array
    {
        return array_map(static function (string $code): array {
            return [$code];
        }, [
            'function f(int|string $a) {}',
            'function f(): mixed {}',
            '$a = match ($b) { 1 => 2 };',
            '$a = $b ?? throw new Exception();',
            '$a?->b;',
            'class A { public function __construct(private $a) {} }',
            'f(a: 1);',
            '$f = f(...);',
            'enum A {}',
            'try {} catch (Exception) {}',
            '$a = $b::class;',
            'function f($a,) {}',
            'str_contains("a", "b");',
        ]);
    }

    /** @return string[] */
    private static function newSyntaxIn(string $code): array
    {
        $nodes = (new ParserFactory())->create(ParserFactory::ONLY_PHP7)->parse($code);
        $found = (new NodeFinder())->find($nodes, static function (Node $node): bool {
            return self::isNew($node);
        });
        $names = array_map(static function (Node $node): string {
            return $node->getType() . ' in line ' . $node->getStartLine();
        }, $found);
        return preg_match('~\bfunction\b[^(){]*\([^()]*,\s*\)~', $code) === 1 ? array_merge($names, ['a comma after the parameters']) : $names;
    }

    private static function isNew(Node $node): bool
    {
        switch (true) {
            case $node instanceof Node\UnionType:
            case $node instanceof Node\IntersectionType:
            case $node instanceof Node\Expr\Match_:
            case $node instanceof Node\Expr\Throw_:
            case $node instanceof Node\Expr\NullsafePropertyFetch:
            case $node instanceof Node\Expr\NullsafeMethodCall:
            case $node instanceof Node\VariadicPlaceholder:
            case $node instanceof Node\Stmt\Enum_:
                return true;
            case $node instanceof Node\Param:
                return $node->flags !== 0 || self::isNewType($node->type);
            case $node instanceof Node\FunctionLike:
                return self::isNewType($node->getReturnType());
            case $node instanceof Node\Arg:
                return $node->name !== null;
            case $node instanceof Node\Stmt\Catch_:
                return $node->var === null;
            case $node instanceof Node\Expr\ClassConstFetch:
                return $node->class instanceof Node\Expr;
            case $node instanceof Node\Expr\FuncCall:
                return $node->name instanceof Node\Name && in_array((string) $node->name, self::FUNCTIONS_OF_PHP_8, true);
        }
        return false;
    }

    private static function isNewType(?Node $type): bool
    {
        $type = $type instanceof Node\NullableType ? $type->type : $type;
        return ($type instanceof Node\Identifier || $type instanceof Node\Name) && in_array(strtolower((string) $type), self::TYPES_OF_PHP_8, true);
    }
}
