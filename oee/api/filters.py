from django_filters import rest_framework as filters

from oee.models import LossPolicy


class LossPolicyFilter(filters.FilterSet):
    site_id = filters.NumberFilter()

    class Meta:
        model = LossPolicy
        fields = {"valid_from": ["exact", "gte", "lte"]}
