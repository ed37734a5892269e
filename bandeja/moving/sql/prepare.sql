-- Where a workspace's rows wait while it is brought in, which id each has from here on, and where its files are now.
-- All of it goes with the transaction.
create temp table incoming (kind text not null, line jsonb not null) on commit drop;

create temp table moved_id (kind text not null, old bigint not null, new bigint not null, primary key (kind, old))
on commit drop;

create temp table kept_file (old text primary key, new text not null) on commit drop;

create or replace function pg_temp.moved(text, bigint) returns bigint language sql stable as
$$ select new from pg_temp.moved_id where kind = $1 and old = $2 $$;

create or replace function pg_temp.kept(text) returns text language sql stable as
$$ select coalesce((select new from pg_temp.kept_file where old = $1), '') $$;

-- The ids within what an event told, whichever its kind has. Whoever is not in the file is nobody here.
create or replace function pg_temp.told_of(said text, data jsonb) returns jsonb language sql stable as
$$
    select case said
        when 'conversation_assigned' then
            data - array['team_before', 'team'] || jsonb_build_object(
                'before', pg_temp.moved('agent', (data ->> 'before')::bigint),
                'after', pg_temp.moved('agent', (data ->> 'after')::bigint)
            ) || jsonb_strip_nulls(jsonb_build_object(
                'team_before', pg_temp.moved('team', (data ->> 'team_before')::bigint),
                'team', pg_temp.moved('team', (data ->> 'team')::bigint)
            ))
        when 'closing_withheld' then
            data || jsonb_build_object('rule', pg_temp.moved('rule', (data ->> 'rule')::bigint))
        when 'message_withheld' then
            data || jsonb_build_object('rule', pg_temp.moved('rule', (data ->> 'rule')::bigint))
        when 'conversation_woken' then
            data || jsonb_build_object('by', pg_temp.moved('agent', (data ->> 'by')::bigint))
        when 'conversation_tagged' then
            data || jsonb_build_object('tag', pg_temp.moved('tag', (data ->> 'tag')::bigint))
        -- Whom it was merged from is no more, and neither is their conversation.
        when 'contact_merged' then data || '{"contact": 0, "conversation": null}'
        when 'agents_called' then data || jsonb_build_object('agents', coalesce((
            select jsonb_agg(pg_temp.moved('agent', each::bigint))
            from jsonb_array_elements_text(data -> 'agents') as each
            where pg_temp.moved('agent', each::bigint) is not null
        ), '[]'))
        else data
    end
$$
