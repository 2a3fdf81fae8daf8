"""A form's key is one company's: another company's form may carry the same."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0010_signed_contracts")]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="request_key",
            field=models.CharField(help_text="one form, one draft: a double click finds it", max_length=64),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.UniqueConstraint(
                models.F("company"), models.F("request_key"), name="order_once_per_form"
            ),
        ),
    ]
