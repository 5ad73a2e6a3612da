"""The functions that a statement may call: none reads, writes, waits, or tells of the system."""

_AGGREGATES = """
any_value approx_count_distinct arg_max arg_min array_agg avg bool_and bool_or corr count count_if
count_star covar_pop covar_samp first group_concat kurtosis last list listagg mad max max_by mean
median min min_by mode product quantile quantile_cont quantile_disc regr_intercept regr_slope
skewness stddev stddev_pop stddev_samp string_agg sum sumkahan fsum var_pop var_samp variance
"""
_WINDOWS = """
cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
"""
_OPERATORS = """
+ - * / // % ** ^ || ~~ !~~ ~~* !~~* ~~~ ~ !~ & | << >> @ like_escape ilike_escape
not_like_escape not_ilike_escape add subtract multiply divide mod in not_in constant_or_null
"""
_NUMBERS = """
abs ceil ceiling exp floor greatest least ln log log10 log2 pi pow power round sign sqrt trunc
isnan isinf isfinite round_even cbrt degrees radians sin cos tan asin acos atan atan2 even gcd lcm
"""
_TEXTS = """
ascii chr concat concat_ws contains damerau_levenshtein ends_with hamming instr jaccard
jaro_similarity jaro_winkler_similarity lcase left length levenshtein lower ltrim nfc_normalize
position prefix regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace
regexp_split_to_array replace reverse right rtrim split split_part starts_with str_split
string_split string_to_array strip_accents strlen strpos substr substring suffix translate trim
ucase unicode upper array_to_string format_number len list_contains list_has array_contains
"""
_TIMES = """
age century current_date date_add date_diff date_part date_sub date_trunc datediff datepart
datesub datetrunc day dayname dayofmonth dayofweek dayofyear decade epoch epoch_ms era hour
isodow isoyear last_day make_date make_time make_timestamp microsecond millisecond minute month
monthname quarter second strftime strptime time_bucket to_days to_hours to_minutes to_months
to_seconds to_timestamp to_weeks to_years to_quarters today try_strptime week weekday weekofyear
year yearweek
"""
_OTHERS = """
coalesce ifnull nullif if error_if_null list_value struct_extract array_extract list_extract
list_element list_distinct list_unique list_sort array_length unnest row struct_pack list_sum
list_avg list_min list_max list_count typeof
"""

ALLOWED_FUNCTIONS = frozenset(
    f"{_AGGREGATES} {_WINDOWS} {_OPERATORS} {_NUMBERS} {_TEXTS} {_TIMES} {_OTHERS}".split()
)
AGGREGATES = frozenset(_AGGREGATES.split())
