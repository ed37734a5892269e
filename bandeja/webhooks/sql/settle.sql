-- Write down what became of attempts, of those alone whose lease is still theirs. The webhooks are locked by the
-- statement before. `is_down` says that the webhook as a whole did not work; `pause` is what it asked for itself.
with result as materialized (
    select *
    from json_to_recordset(%(results)s) as result (
        webhook_id bigint, message_id bigint, tries integer, failures integer, at timestamptz, ms integer,
        status integer, failure text, is_down boolean, is_gone boolean, pause double precision,
        request_headers jsonb, headers jsonb, body text
    )
),
logged as (
    insert into webhook_attempt (webhook_id, message_id, at, ms, status, failure, request_headers, headers, body)
    select webhook_id, message_id, at, ms, status, failure, request_headers, headers, body
    from result
    -- What was pruned, removed or erased meanwhile is no more, and nothing would ever lead to its attempts.
    where exists (
        select from webhook_delivery as mine
        join webhook_message as message on message.id = mine.message_id
        where mine.webhook_id = result.webhook_id and mine.message_id = result.message_id
    )
    order by webhook_id, message_id
),
settled as (
    update webhook_delivery as delivery
    set state = fate.state,
        look_at = case when fate.state = 'waiting' then bandeja_now() + coalesce(
            make_interval(secs => result.pause),
            (%(pauses)s::interval[])[least(delivery.tries, cardinality(%(pauses)s::interval[]))]
        ) end,
        status = result.status,
        failure = result.failure,
        ms = result.ms
    from result
    join webhook on webhook.id = result.webhook_id
    join webhook_delivery as mine on mine.webhook_id = result.webhook_id and mine.message_id = result.message_id
    cross join lateral (
        select case
            when result.failure = '' then 'delivered'
            when mine.conversation_id is null then 'failed'
            when greatest(mine.first_at, webhook.enabled_at) <= bandeja_now() - %(patience)s::interval then 'failed'
            else 'waiting'
        end as state
    ) as fate
    where delivery.webhook_id = result.webhook_id and delivery.message_id = result.message_id
      and delivery.tries = result.tries and delivery.state = 'waiting'
    returning delivery.webhook_id, delivery.message_id, delivery.conversation_id, delivery.state
),
heard as (
    select result.webhook_id,
           bool_or(result.failure = '') as is_well,
           bool_or(result.failure <> '' and settled.conversation_id is not null) as has_failed,
           bool_or(result.is_down and settled.conversation_id is not null and result.failures = webhook.failures)
               as is_down,
           bool_or(result.is_gone and settled.conversation_id is not null) as is_gone,
           max(result.pause) as pause
    from result
    join settled using (webhook_id, message_id)
    join webhook on webhook.id = result.webhook_id
    group by result.webhook_id
),
judged as (
    select heard.*,
           case
               when heard.is_gone then 'gone'
               when not heard.is_well and heard.has_failed
                    and webhook.failing_since <= bandeja_now() - %(patience)s::interval then 'failing'
           end as why
    from heard
    join webhook on webhook.id = heard.webhook_id
),
webhooks as (
    update webhook
    set failing_since = case
            when judged.is_well then null
            when judged.has_failed then coalesce(webhook.failing_since, bandeja_now())
            else webhook.failing_since
        end,
        failures = case
            when judged.is_well then 0 when judged.is_down then webhook.failures + 1 else webhook.failures
        end,
        look_at = case
            when judged.is_well then least(webhook.look_at, bandeja_now())
            when judged.is_down then bandeja_now() + coalesce(
                make_interval(secs => judged.pause),
                (%(pauses)s::interval[])[least(webhook.failures + 1, cardinality(%(pauses)s::interval[]))]
            )
            else webhook.look_at
        end,
        disabled_at = case when webhook.disabled_at is null and judged.why is not null
            then bandeja_now() else webhook.disabled_at end,
        disabled_why = case when webhook.disabled_at is null and judged.why is not null
            then judged.why else webhook.disabled_why end,
        notice_at = case when webhook.disabled_at is null and judged.why is not null
            then bandeja_now() else webhook.notice_at end,
        notice_tries = case when webhook.disabled_at is null and judged.why is not null
            then 0 else webhook.notice_tries end
    from judged
    where webhook.id = judged.webhook_id
      and (webhook.failures > 0 or webhook.failing_since is not null or judged.has_failed)
)
select webhook_id, conversation_id from settled where state <> 'waiting' and conversation_id is not null
