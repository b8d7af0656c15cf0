<?php

/** CPU microseconds of PHP for a handoff. The arguments: a file with a handoff in each line, and how many of the last lines count. */

declare(strict_types=1);

use Moor\Session\Exchange;
use Moor\Session\Settings;

require __DIR__ . '/../../../sdk/php/autoload.php';

function cpuMicros(): float
{
    $usage = getrusage();
    return ($usage['ru_utime.tv_sec'] + $usage['ru_stime.tv_sec']) * 1e6 + $usage['ru_utime.tv_usec'] + $usage['ru_stime.tv_usec'];
}

/** @param callable(string): mixed $check */
function microsOf(array $handoffs, callable $check): float
{
    $before = cpuMicros();
    foreach ($handoffs as $handoff) {
        $check($handoff);
    }
    return (cpuMicros() - $before) / count($handoffs);
}

$handoffs = file($argv[1], FILE_IGNORE_NEW_LINES);
$counted = array_slice($handoffs, -(int) $argv[2]);
$settings = Settings::fromEnvironment();
$begin = static function (string $handoff) use ($settings): void {
    Exchange::begin($handoff, $settings);
};
$key = openssl_pkey_new(['private_key_type' => OPENSSL_KEYTYPE_EC, 'curve_name' => 'prime256v1']);
openssl_sign($handoffs[0], $signature, $key, OPENSSL_ALGO_SHA256);
$public = openssl_pkey_get_public(openssl_pkey_get_details($key)['key']);
$verify = static function () use ($handoffs, $signature, $public): void {
    openssl_verify($handoffs[0], $signature, $public, OPENSSL_ALGO_SHA256);
};
microsOf(array_slice($handoffs, 0, -(int) $argv[2]), $begin);
echo json_encode([
    'fresh' => microsOf($counted, $begin),
    'known' => microsOf(array_fill(0, count($counted), $handoffs[0]), $begin),
    'signature' => microsOf($counted, $verify),
]);
