"""Tags that wait with a contact are put on a conversation by whoever gives the contact one.

A migration of its own: it locks `conversation`, which a delivery writes after `contact`, so nothing else may be locked
in the same transaction.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_contact_imports"), ("conversations", "0021_found_by_phone_and_email")]

    operations = [
        migrations.RunSQL(
            """
            -- All that waits with these contacts, on all conversations they have.
            create function bandeja_put_waiting_tags(those bigint[]) returns void language plpgsql as $$
            begin
                -- Before what waits with them, as whoever deletes a tag has it: so the two never wait in a circle.
                perform from tag
                where id in (select tag_id from waiting_tag where contact_id = any(those))
                order by id for key share;
                with ended as (
                    delete from waiting_tag where contact_id = any(those) returning contact_id, tag_id
                )
                insert into tagging (conversation_id, tag_id)
                select distinct conversation.id, ended.tag_id
                from conversation
                join ended on ended.contact_id = conversation.contact_id
                order by conversation.id, ended.tag_id
                on conflict (conversation_id, tag_id) do nothing;
            end $$;

            -- The hottest path there is: where nothing waits it is one look into an index for a statement, whatever
            -- the server guesses of a table that was empty when the session began.
            create function bandeja_waiting_tags_of_new() returns trigger language plpgsql
                set enable_seqscan = off as $$
            begin
                if exists (
                    select from fresh where exists (
                        select from waiting_tag where waiting_tag.contact_id = fresh.contact_id
                    )
                ) then
                    perform bandeja_put_waiting_tags(array(select contact_id from fresh));
                end if;
                return null;
            end $$;
            create trigger conversation_puts_waiting_tags after insert on conversation
                referencing new table as fresh for each statement execute function bandeja_waiting_tags_of_new();

            -- Two contacts became one: one brought the conversation, the other what waited.
            create function bandeja_waiting_tags_of_moved() returns trigger language plpgsql as $$
            begin
                if exists (select from conversation where contact_id = new.contact_id) then
                    perform bandeja_put_waiting_tags(array[new.contact_id]);
                end if;
                return null;
            end $$;
            create trigger conversation_puts_waiting_tags_moved after update of contact_id on conversation
                for each row when (old.contact_id is distinct from new.contact_id)
                execute function bandeja_waiting_tags_of_moved();
            create trigger waiting_tag_is_put_when_moved after update of contact_id on waiting_tag
                for each row when (old.contact_id is distinct from new.contact_id)
                execute function bandeja_waiting_tags_of_moved();
            """,
            """
            drop trigger waiting_tag_is_put_when_moved on waiting_tag;
            drop trigger conversation_puts_waiting_tags_moved on conversation;
            drop trigger conversation_puts_waiting_tags on conversation;
            drop function bandeja_waiting_tags_of_moved();
            drop function bandeja_waiting_tags_of_new();
            drop function bandeja_put_waiting_tags(bigint[]);
            """,
        ),
    ]
