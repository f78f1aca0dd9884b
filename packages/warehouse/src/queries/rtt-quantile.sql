-- The quantile `level` of a histogram of RTTs and its 95 % order-statistic interval: an array of
-- rtt_us, low_us, high_us and n, NaN where there is no sample. `buckets` and `level` are replaced
-- by expressions. It is rttQuantile of packages/core, which says where the formula is from.
arrayMap(
    (bucket, seen, n) -> if(n = 0, [nan, nan, nan, 0], arrayPushBack(
        arrayMap(
            rank -> round(exp2((bucket[arrayFirstIndex(
                count -> count >= least(greatest(ceil(rank), 1), n), seen)] + 0.5) / 32) - 1),
            [
                n * {level},
                n * {level} - 1.96 * sqrt(n * {level} * (1 - {level})),
                n * {level} + 1.96 * sqrt(n * {level} * (1 - {level})) + 1
            ]),
        n)),
    [mapKeys(mapSort({buckets}))],
    [arrayCumSum(mapValues(mapSort({buckets})))],
    [toFloat64(arraySum(mapValues({buckets})))])[1]
